//! What honker sets out to reach, and whether this run did.

use honker_testkit::JournalMode;

use super::number::{count, percent, times};
use super::table::Table;
use crate::contender::Name;
use crate::plan::USUAL;
use crate::results::{Crowd, Results, Spread};

/// Each aim with what was measured. Those that were not measured are left out.
#[must_use]
pub fn table(results: &Results) -> Table {
    let title = "What `kernel` sets out to reach, and what this run says:";
    let mut table = Table::new("goals", title, &["aim", "wanted", "measured", "reached"]);
    for goal in all(results) {
        let reached = if goal.is_reached { "yes" } else { "no" };
        let row = [goal.aim, goal.wanted, goal.measured, reached.to_owned()];
        table.add(row.to_vec());
    }
    table
}

struct Goal {
    aim: String,
    wanted: String,
    measured: String,
    is_reached: bool,
}

fn all(results: &Results) -> Vec<Goal> {
    let mut goals: Vec<Goal> = speed(results).into_iter().flatten().collect();
    goals.extend(
        [1, 100]
            .map(|databases| idle(results, databases))
            .into_iter()
            .flatten(),
    );
    goals.extend(harmless(results));
    goals
}

fn at_least(aim: &str, wanted: f64, measured: f64) -> Goal {
    Goal {
        aim: aim.to_owned(),
        wanted: format!("at least {}", times(wanted)),
        measured: times(measured),
        is_reached: measured >= wanted,
    }
}

fn at_most(aim: &str, wanted: f64, measured: f64) -> Goal {
    Goal {
        aim: aim.to_owned(),
        wanted: format!("at most {}", times(wanted)),
        measured: times(measured),
        is_reached: measured <= wanted,
    }
}

fn speed(results: &Results) -> [Option<Goal>; 4] {
    let p50 = |name| results.latency(name, &USUAL).map(|latency| &latency.p50_us);
    let kernel = p50(Name::Kernel);
    let ratio = |of: Option<&Spread>, to: Option<&Spread>| Some(of?.times(to?));
    let polling = ratio(p50(Name::PublishedPolling), kernel);
    let events = ratio(p50(Name::PublishedKernel), kernel);
    let tail = results.latency(Name::Kernel, &USUAL);
    let tail = tail.map(|kernel| kernel.p99_us.times(&kernel.p50_us));
    let floor = ratio(kernel, p50(Name::Floor));
    [
        polling.map(|ratio| {
            at_least(
                "p50 of the published default to that of `kernel`",
                25.0,
                ratio,
            )
        }),
        events.map(|ratio| {
            at_least(
                "p50 of the published `kernel` to that of `kernel`",
                3.0,
                ratio,
            )
        }),
        tail.map(|ratio| at_most("p99 of `kernel` to its p50", 10.0, ratio)),
        floor.map(|ratio| at_most("p50 of `kernel` to the floor's", 1.5, ratio)),
    ]
}

fn idle(results: &Results, databases: usize) -> Option<Goal> {
    let crowd = Crowd {
        mode: JournalMode::Wal,
        databases,
    };
    let cpu = |name| results.idle(name, crowd).map(|idle| &idle.cpu_ms_a_s);
    let ratio = cpu(Name::PublishedPolling)?.times(cpu(Name::Kernel)?);
    let noun = if databases == 1 {
        "database"
    } else {
        "databases"
    };
    let aim = format!("idle CPU of the published default to that of `kernel`, {databases} {noun}");
    Some(at_least(&aim, 100.0, ratio))
}

fn harmless(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    let delete = JournalMode::Delete;
    if let Some(kernel) = results.interference(Name::Kernel, delete) {
        let beside = results.interference(Name::PublishedPolling, delete);
        let beside = beside.map_or_else(String::new, |published| {
            let busy = count(published.busy);
            format!(" (the published default: {busy})")
        });
        goals.push(Goal {
            aim: "SQLITE_BUSY for a writer with `busy_timeout=0`, DELETE".to_owned(),
            wanted: "0".to_owned(),
            measured: format!("{}{beside}", count(kernel.busy)),
            is_reached: kernel.busy == 0,
        });
    }
    for mode in [JournalMode::Wal, delete] {
        if let Some(kernel) = results.storm(Name::Kernel, mode) {
            goals.push(Goal {
                aim: format!("a saturated writer's throughput kept, {mode}"),
                wanted: format!("at least {}", percent(0.97)),
                measured: percent(kernel.kept.median),
                is_reached: kernel.kept.median >= 0.97,
            });
        }
    }
    goals
}
