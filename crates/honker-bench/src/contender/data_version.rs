//! What the documentation of SQLite suggests: `PRAGMA data_version`, each millisecond.

use std::path::Path;
use std::time::Duration;

use honker_bench_contender::{Contender, Watcher};
use rusqlite::{Connection, OpenFlags, Result};

use super::thread::Looping;

/// A connection and a thread a database.
#[derive(Debug)]
pub(super) struct EachMillisecond;

impl Contender for EachMillisecond {
    fn watch(&mut self, database: &Path) -> std::result::Result<Box<dyn Watcher>, String> {
        let mut version = Version::open(database).map_err(|error| error.to_string())?;
        Looping::start(Duration::from_millis(1), move || version.has_moved())
    }
}

/// SQLite's own answer, by a cached statement.
#[derive(Debug)]
pub(crate) struct Version {
    connection: Connection,
    last: Option<i64>,
}

impl Version {
    pub(crate) fn open(database: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut version = Self {
            connection: Connection::open_with_flags(database, flags)?,
            last: None,
        };
        version.last = Some(version.ask()?);
        Ok(version)
    }

    fn ask(&self) -> Result<i64> {
        let mut ask = self.connection.prepare_cached("PRAGMA data_version")?;
        ask.query_row([], |row| row.get(0))
    }

    /// Whether it is another one than the last time. While a writer is in the way there is no answer; it is asked again
    /// the next time.
    pub(crate) fn has_moved(&mut self) -> bool {
        let Ok(now) = self.ask() else {
            return false;
        };
        self.last.replace(now) != Some(now)
    }
}
