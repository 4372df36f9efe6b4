//! What a writer that waits for nothing runs into.

use std::time::{Duration, Instant};

use honker_testkit::Synchronous;

use crate::child::{Child, Programs};
use crate::contender::Name;
use crate::plan::Plan;
use crate::results::{Cell, Interference, Mode};
use crate::run::{Bench, by_turns};
use crate::workload::{UPDATE, Written, saturated, settle};

pub(crate) fn run(bench: &mut Bench, plan: &Plan) -> Vec<Cell<Mode, Interference>> {
    let lasting = plan.interference_for;
    let once = |programs: &Programs, mode: &Mode, name| round(programs, *mode, name, lasting);
    by_turns(
        bench,
        ("SQLITE_BUSY", 0.06),
        &plan.interference,
        once,
        sum_up,
    )
}

fn round(
    programs: &Programs,
    Mode { mode }: Mode,
    name: Name,
    lasting: Duration,
) -> Result<Interference, String> {
    let mut written = Written::new(mode, Synchronous::Off, 0);
    let child = Child::recording(name, programs, written.db.path(), false)?;
    settle();
    let report = written.commits(saturated(UPDATE, lasting))?;
    let (mut checkpoints, mut checkpoints_busy) = (0, 0);
    let began = Instant::now();
    while mode.is_wal() && began.elapsed() < lasting {
        let done = written.writer.exec(written.conn, UPDATE);
        done.map_err(|error| error.to_string())?;
        let rows = written
            .writer
            .query(written.conn, "PRAGMA wal_checkpoint(TRUNCATE)");
        checkpoints += 1;
        // The first column says whether somebody was in the way; TRUNCATE may also say SQLITE_BUSY itself.
        let is_busy = rows.map_or(true, |rows| rows[0][0].as_i64() != Some(0));
        checkpoints_busy += u64::from(is_busy);
    }
    drop(child);
    Ok(Interference {
        tried: report.commits + report.busy,
        busy: report.busy,
        checkpoints,
        checkpoints_busy,
    })
}

fn sum_up(rounds: &[Interference]) -> Interference {
    let sum = |of: fn(&Interference) -> u64| rounds.iter().map(of).sum();
    Interference {
        tried: sum(|round| round.tried),
        busy: sum(|round| round.busy),
        checkpoints: sum(|round| round.checkpoints),
        checkpoints_busy: sum(|round| round.checkpoints_busy),
    }
}
