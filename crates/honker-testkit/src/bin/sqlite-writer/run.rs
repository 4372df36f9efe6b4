//! Running SQL to its end, and naming its errors.

use honker_testkit::clock::monotonic_ns;
use honker_testkit::protocol::{Done, SqlError};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, Error, Result};

/// Runs every statement to its last row. (`Connection::execute_batch` takes one step of each only: not enough
/// for `PRAGMA incremental_vacuum` or a `SELECT` that is to read everything.)
pub(crate) fn all(connection: &Connection, sql: &str) -> Result<()> {
    let mut batch = Batch::new(connection, sql);
    while let Some(mut statement) = batch.next()? {
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
    }
    Ok(())
}

/// Times `action`.
pub(crate) fn timed(action: impl FnOnce() -> Result<()>) -> Result<Done, SqlError> {
    let before_ns = monotonic_ns();
    let result = action();
    let after_ns = monotonic_ns();
    let done = Done {
        before_ns,
        after_ns,
    };
    result
        .map(|()| done)
        .map_err(|error| describe(&error, done))
}

/// An error with SQLite's codes.
pub(crate) fn describe(error: &Error, when: Done) -> SqlError {
    let extended = code(error);
    SqlError {
        error: error.to_string(),
        code: extended & 0xff,
        extended,
        before_ns: when.before_ns,
        after_ns: when.after_ns,
    }
}

/// Whether it is SQLITE_BUSY.
pub(crate) fn is_busy(error: &Error) -> bool {
    code(error) & 0xff == rusqlite::ffi::SQLITE_BUSY
}

/// The extended result code; 0 if the error is not SQLite's.
fn code(error: &Error) -> i32 {
    match error {
        // SQL that does not parse comes with its place in the text.
        Error::SqlInputError { error, .. } => error.extended_code,
        other => other.sqlite_error().map_or(0, |error| error.extended_code),
    }
}
