//! What a writer that never rests keeps of its throughput.

use std::time::Duration;

use honker_testkit::Synchronous;

use crate::child::{Child, Programs};
use crate::contender::Name;
use crate::plan::Plan;
use crate::results::{Cell, Mode, Spread, Storm};
use crate::run::{Bench, by_turns};
use crate::spread::{float, rounded};
use crate::workload::{UPDATE, Written, cpu_ms_a_s, saturated, settle};

const PATIENT_MS: u32 = 5000;

pub(crate) fn run(bench: &mut Bench, plan: &Plan) -> Vec<Cell<Mode, Storm>> {
    let lasting = plan.storm_for;
    let once = |programs: &Programs, mode: &Mode, name| round(programs, *mode, name, lasting);
    by_turns(bench, ("storm", 0.15), &plan.storm, once, sum_up)
}

struct Round {
    kept: f64,
    commits_a_s: f64,
    wakes: u64,
    commits: u64,
    cpu_ms_a_s: f64,
}

/// Unwatched, watched, unwatched: the mean of what lies around a slice is what it is compared with. The disk is left
/// out (`synchronous=OFF`): beside it, what a watcher takes would not be seen.
fn round(
    programs: &Programs,
    Mode { mode }: Mode,
    name: Name,
    lasting: Duration,
) -> Result<Round, String> {
    let mut written = Written::new(mode, Synchronous::Off, PATIENT_MS);
    let order = saturated(UPDATE, lasting);
    let throughput = |written: &mut Written| {
        let report = written.commits(order.clone())?;
        let seconds = float(report.elapsed_ns) / 1e9;
        Ok::<_, String>((report.commits, float(report.commits) / seconds))
    };
    // The first slice warms up.
    throughput(&mut written)?;
    let (_, before) = throughput(&mut written)?;
    let mut child = Child::recording(name, programs, written.db.path(), false)?;
    settle();
    let began = child.usage()?;
    let (commits, watched) = throughput(&mut written)?;
    let ended = child.usage()?;
    let wakes = child.wakes()?.len() as u64;
    drop(child);
    let (_, after) = throughput(&mut written)?;
    Ok(Round {
        kept: watched / f64::midpoint(before, after),
        commits_a_s: watched,
        wakes,
        commits,
        cpu_ms_a_s: cpu_ms_a_s(&began, &ended),
    })
}

fn sum_up(rounds: &[Round]) -> Storm {
    let spread = |of: fn(&Round) -> f64| Spread::of(rounds.iter().map(of).collect());
    let sum = |of: fn(&Round) -> u64| rounds.iter().map(of).sum::<u64>();
    Storm {
        kept: spread(|round| round.kept),
        commits_a_s: spread(|round| round.commits_a_s),
        wakes_a_commit: rounded(
            float(sum(|round| round.wakes)) / float(sum(|round| round.commits)),
        ),
        cpu_ms_a_s: spread(|round| round.cpu_ms_a_s),
    }
}
