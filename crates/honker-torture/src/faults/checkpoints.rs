//! Checkpoints of all four kinds, from another process.

use std::time::Duration;

use honker_testkit::{CommitLoop, Open, Writer};

use super::{Family, QUIET};
use crate::plan::choose;

pub(super) const FAMILY: Family = Family {
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(100));
        let mut writer = Writer::spawn();
        let how = Open {
            busy_timeout_ms: 5,
            ..Open::default()
        };
        let conn = writer
            .try_open(scene.database.clone(), how)
            .map_err(|error| error.to_string())?;
        let kind = choose(rng, &["PASSIVE", "FULL", "RESTART", "TRUNCATE"]);
        let report = writer.commit_loop(CommitLoop {
            conn: conn.0,
            n: rng.u64(1..200),
            sql: format!("PRAGMA wal_checkpoint({kind})"),
            for_ms: 300,
            ..CommitLoop::default()
        });
        writer.kill();
        match report {
            Ok(report) => Ok(report.commits),
            // SQLITE_BUSY: recovery or a last close was in the way of the first one already. SQLITE_FULL: another fault.
            Err(error) if [5, 13].contains(&error.code) => Ok(0),
            Err(error) => Err(format!("a checkpoint was refused: {error}")),
        }
    },
    ..QUIET
};
