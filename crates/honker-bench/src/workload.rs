//! What is done beside the contenders.

pub(crate) mod correctness;
pub(crate) mod fan_out;
pub(crate) mod idle;
pub(crate) mod interference;
pub(crate) mod latency;
pub(crate) mod look;
pub(crate) mod storm;

mod seen;

use std::thread;
use std::time::Duration;

use honker_bench_contender::protocol::Usage;
use honker_testkit::{
    CommitLoop, Conn, JournalMode, LoopReport, Open, Synchronous, TempDb, Writer,
};

use crate::spread::float;

/// The table of [`TempDb::new`] has one row.
pub(crate) const FIRST_ID: i64 = 2;
pub(crate) const INSERT: &str = "INSERT INTO t(n) VALUES (1)";
/// The same page again and again.
pub(crate) const UPDATE: &str = "UPDATE t SET n = n + 1 WHERE id = 1";

/// Some contenders do not say when they have recorded their starting state.
const SETTLE: Duration = Duration::from_millis(120);

pub(crate) fn settle() {
    thread::sleep(SETTLE);
}

/// A database, and a process that has it open.
pub(crate) struct Written {
    pub(crate) db: TempDb,
    pub(crate) writer: Writer,
    pub(crate) conn: Conn,
}

impl Written {
    pub(crate) fn new(mode: JournalMode, synchronous: Synchronous, busy_timeout_ms: u32) -> Self {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let how = Open {
            busy_timeout_ms,
            ..Open::default()
        };
        let conn = writer
            .try_open(db.path(), how)
            .unwrap_or_else(|error| panic!("{error}"));
        writer.set_journal_mode(conn, mode);
        let set = writer.exec(conn, &synchronous.pragma());
        set.unwrap_or_else(|error| panic!("{error}"));
        // In WAL only with the first read does a connection really open the database.
        writer.query_i64(conn, "SELECT max(id) FROM t");
        Self { db, writer, conn }
    }

    /// Lets the writer commit by itself.
    pub(crate) fn commits(&mut self, order: CommitLoop) -> Result<LoopReport, String> {
        let Conn(conn) = self.conn;
        let report = self.writer.commit_loop(CommitLoop { conn, ..order });
        report.map_err(|error| error.to_string())
    }
}

/// For as long as that takes, without a pause.
pub(crate) fn saturated(sql: &str, lasting: Duration) -> CommitLoop {
    CommitLoop {
        n: u64::MAX,
        sql: sql.to_owned(),
        for_ms: u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX),
        ..CommitLoop::default()
    }
}

/// Processor time between the two, in ms a second.
pub(crate) fn cpu_ms_a_s(before: &Usage, after: &Usage) -> f64 {
    rate(before, after, |usage| usage.cpu_ns) / 1e6
}

/// How fast something grew, a second.
pub(crate) fn rate(before: &Usage, after: &Usage, of: impl Fn(&Usage) -> u64) -> f64 {
    let elapsed = float(after.at_ns.saturating_sub(before.at_ns)) / 1e9;
    float(of(after).saturating_sub(of(before))) / elapsed
}

/// The child, when all it has recorded is no longer needed.
pub(crate) fn pause(time: Duration) {
    thread::sleep(time);
}
