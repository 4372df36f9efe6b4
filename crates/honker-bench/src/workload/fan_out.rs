//! From a commit to the first and the last of many subscribers.

use std::time::Duration;

use honker_bench_contender::protocol::{Command, Reply};
use honker_testkit::{JournalMode, Synchronous};

use crate::child::{Child, Programs, unexpected};
use crate::contender::Name;
use crate::plan::Plan;
use crate::results::{Cell, Fan, FanOut, Spread};
use crate::run::{Bench, by_turns};
use crate::spread::{mib, rounded, us};
use crate::workload::{UPDATE, Written, pause, settle};

const DEADLINE: Duration = Duration::from_secs(5);
const PATIENT_MS: u32 = 5000;

pub(crate) fn run(bench: &mut Bench, plan: &Plan) -> Vec<Cell<Fan, FanOut>> {
    let commits = plan.fan_out_commits;
    let once = |programs: &Programs, fan: &Fan, name| round(programs, *fan, name, commits);
    by_turns(bench, ("fan-out", 0.04), &plan.fan_out, once, sum_up)
}

struct Round {
    first_us: Vec<f64>,
    last_us: Vec<f64>,
    unwoken: u64,
    rss_mib: f64,
}

fn round(programs: &Programs, fan: Fan, name: Name, commits: usize) -> Result<Round, String> {
    let mut written = Written::new(JournalMode::Wal, Synchronous::Normal, PATIENT_MS);
    let (mut child, _) = Child::watching(name, programs, vec![written.db.path().to_owned()])?;
    let Fan { subscribers, tasks } = fan;
    child.done(&Command::Fan { subscribers, tasks })?;
    settle();
    // Everybody has waited once when the first commits have been seen.
    let mut round = Round {
        first_us: Vec::new(),
        last_us: Vec::new(),
        unwoken: 0,
        rss_mib: mib(child.holdings()?.rss_bytes),
    };
    let within_ms = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
    for commit in 0..=commits {
        pause(Duration::from_millis(20));
        let done = written.writer.exec(written.conn, UPDATE);
        let done = done.map_err(|error| error.to_string())?;
        let since_ns = done.before_ns;
        let wait = Command::FanWait {
            since_ns,
            within_ms,
        };
        let fanned = child.ask(&wait, DEADLINE * 2)?;
        let Reply::Fanned {
            unwoken,
            first_ns,
            last_ns,
        } = fanned
        else {
            return Err(unexpected(&fanned));
        };
        let (Some(first_ns), Some(last_ns)) = (first_ns, last_ns) else {
            return Err("nobody was woken".to_owned());
        };
        // The first commit warms up.
        if commit > 0 {
            round.unwoken += unwoken as u64;
            round
                .first_us
                .push(us(first_ns.saturating_sub(done.after_ns)));
            round
                .last_us
                .push(us(last_ns.saturating_sub(done.after_ns)));
        }
    }
    Ok(round)
}

fn sum_up(rounds: &[Round]) -> FanOut {
    let spread = |of: fn(&Round) -> &Vec<f64>| {
        let each = rounds
            .iter()
            .map(|round| Spread::of(of(round).clone()).median);
        Spread::of(each.collect())
    };
    FanOut {
        first_us: spread(|round| &round.first_us),
        last_us: spread(|round| &round.last_us),
        unwoken: rounds.iter().map(|round| round.unwoken).sum(),
        rss_mib: rounded(rounds.last().map_or(0.0, |round| round.rss_mib)),
    }
}
