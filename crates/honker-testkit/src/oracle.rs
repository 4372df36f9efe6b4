//! SQLite's own opinion on whether a database changed.

use std::path::Path;

use crate::protocol::SqlError;
use crate::wait::{LONG, wait_for};
use crate::writer::{Conn, Open, Writer};

/// A process with a connection that only ever asks `PRAGMA data_version`: the oracle.
///
/// The value moves when another connection has committed since the last question, once however many commits
/// there were. In WAL it also moves where the log begins anew and nothing was committed: see
/// [`Step::may_mislead_data_version`](crate::commits::Step::may_mislead_data_version). The open connection keeps `-wal` and `-shm` alive and
/// is in the way of `PRAGMA journal_mode=DELETE`: leave it out of tests about those.
#[derive(Debug)]
pub struct DataVersion {
    writer: Writer,
    conn: Conn,
    last: i64,
}

impl DataVersion {
    /// Opens the connection and asks a first time.
    pub fn open(path: impl AsRef<Path>) -> Self {
        let mut writer = Writer::spawn();
        let how = Open {
            busy_timeout_ms: 0,
            ..Open::default()
        };
        let conn = writer
            .try_open(path.as_ref(), how)
            .expect("the oracle can open the database");
        let mut oracle = Self {
            writer,
            conn,
            last: 0,
        };
        oracle.last = oracle.read();
        oracle
    }

    /// The value now; waits while a writer is in the way.
    pub fn read(&mut self) -> i64 {
        wait_for(LONG, || self.try_read().ok()).expect("the database is not locked for good")
    }

    /// The value now, or SQLite's refusal, such as SQLITE_BUSY while a commit is being written.
    pub fn try_read(&mut self) -> Result<i64, SqlError> {
        let rows = self.writer.query(self.conn, "PRAGMA data_version")?;
        Ok(rows[0][0].as_i64().expect("data_version is a whole number"))
    }

    /// Whether the value moved since this was asked last, or since the start.
    pub fn moved(&mut self) -> bool {
        let now = self.read();
        std::mem::replace(&mut self.last, now) != now
    }

    /// The process that asks.
    pub fn pid(&self) -> u32 {
        self.writer.pid()
    }
}
