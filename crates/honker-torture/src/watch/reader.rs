//! What a subscriber reads after a wake, as an application would, with a SQLite in the watching process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::control::Reading;

/// Reads the counter.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    reading: Reading,
    kept: Option<Connection>,
}

impl Reader {
    pub(super) fn new(path: &Path, reading: Reading) -> Self {
        let mut reader = Self {
            path: path.to_owned(),
            reading,
            kept: None,
        };
        if reading == Reading::Kept {
            reader.kept = reader.open();
        }
        reader
    }

    fn open(&self) -> Option<Connection> {
        // A subscriber that only reads: it must not create a missing file.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).ok()?;
        connection.busy_timeout(Duration::from_secs(5)).ok()?;
        Some(connection)
    }

    /// The counter now; `None` if nothing is read, or the read was refused.
    pub(super) fn read(&mut self) -> Option<u64> {
        match self.reading {
            Reading::Nothing => None,
            Reading::Kept => {
                if self.kept.is_none() {
                    self.kept = self.open();
                }
                let read = self.kept.as_ref().and_then(counter);
                if read.is_none() {
                    // Such as after a replacement.
                    self.kept = None;
                }
                read
            }
            Reading::Reopened => self.open().as_ref().and_then(counter),
        }
    }
}

fn counter(connection: &Connection) -> Option<u64> {
    let read = connection.query_row("SELECT n FROM counter", [], |row| row.get::<_, i64>(0));
    Some(read.ok()?.unsigned_abs())
}
