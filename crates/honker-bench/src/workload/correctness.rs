//! Wakes that should have been, and that should not.

use std::time::Duration;

use honker_testkit::{CommitLoop, JournalMode, Synchronous};

use crate::child::{Child, Programs};
use crate::contender::Name;
use crate::plan::Plan;
use crate::results::{Cell, Correctness, Mode};
use crate::run::{Bench, by_turns};
use crate::workload::{FIRST_ID, INSERT, Written, pause, seen, settle};

/// What did not come by then does not come.
const GRACE: Duration = Duration::from_millis(500);
/// Longer than any contender's period.
const QUIET: Duration = Duration::from_millis(150);
const EVERY_US: u64 = 2003;
const PATIENT_MS: u32 = 5000;

pub(crate) fn run(bench: &mut Bench, plan: &Plan) -> Vec<Cell<Mode, Correctness>> {
    let commits = plan.correctness_commits;
    let once = |programs: &Programs, mode: &Mode, name| round(programs, *mode, name, commits);
    by_turns(
        bench,
        ("correctness", 0.05),
        &plan.correctness,
        once,
        sum_up,
    )
}

fn round(
    programs: &Programs,
    Mode { mode }: Mode,
    name: Name,
    n: u64,
) -> Result<Correctness, String> {
    let mut written = Written::new(mode, Synchronous::Full, PATIENT_MS);
    let mut neighbour = neighbour(&mut written, mode)?;
    let mut child = Child::recording(name, programs, written.db.path(), true)?;
    settle();
    // What the start itself woke for is nobody's.
    child.wakes()?;

    let order = CommitLoop {
        n,
        sql: INSERT.to_owned(),
        every_us: EVERY_US,
        record: true,
        ..CommitLoop::default()
    };
    let commits = written.commits(order.clone())?.times;
    pause(GRACE);
    let seen = seen::by_reading(&commits, FIRST_ID, &child.wakes()?);

    let not_commits = no_commits(&mut written, mode, n)?;
    pause(QUIET);
    let spurious = child.wakes()?.len() as u64;

    let neighbours_commits = neighbour.commits(order)?.commits;
    pause(QUIET);
    let neighbours_wakes = child.wakes()?.len() as u64;
    Ok(Correctness {
        commits: commits.len() as u64,
        missed: seen.iter().filter(|seen| seen.is_none()).count() as u64,
        repeats: 1,
        tails_unseen: u64::from(seen.last().is_some_and(Option::is_none)),
        not_commits,
        spurious,
        neighbours_commits,
        neighbours_wakes,
    })
}

/// A second database in the same directory, written by a second process.
fn neighbour(written: &mut Written, mode: JournalMode) -> Result<Written, String> {
    let path = written.db.beside("neighbour.db");
    let mut neighbour = Written::new(mode, Synchronous::Full, PATIENT_MS);
    let conn = neighbour.writer.open_in(&path, mode, Synchronous::Full);
    let made = neighbour
        .writer
        .exec(conn, "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)");
    made.map_err(|error| error.to_string())?;
    neighbour.conn = conn;
    Ok(neighbour)
}

/// Transactions that are rolled back or change nothing, reads, and in WAL checkpoints: how many.
fn no_commits(written: &mut Written, mode: JournalMode, n: u64) -> Result<u64, String> {
    let mut kinds = vec![
        "BEGIN IMMEDIATE; UPDATE t SET n = n + 1; ROLLBACK",
        "BEGIN IMMEDIATE; COMMIT",
        "SELECT count(*) FROM t",
    ];
    if mode.is_wal() {
        kinds.push("PRAGMA wal_checkpoint(PASSIVE)");
    }
    let mut made = 0;
    for sql in kinds {
        let order = CommitLoop {
            n,
            sql: sql.to_owned(),
            every_us: EVERY_US,
            ..CommitLoop::default()
        };
        made += written.commits(order)?.commits;
    }
    Ok(made)
}

fn sum_up(rounds: &[Correctness]) -> Correctness {
    let sum = |of: fn(&Correctness) -> u64| rounds.iter().map(of).sum();
    Correctness {
        commits: sum(|round| round.commits),
        missed: sum(|round| round.missed),
        repeats: sum(|round| round.repeats),
        tails_unseen: sum(|round| round.tails_unseen),
        not_commits: sum(|round| round.not_commits),
        spurious: sum(|round| round.spurious),
        neighbours_commits: sum(|round| round.neighbours_commits),
        neighbours_wakes: sum(|round| round.neighbours_wakes),
    }
}
