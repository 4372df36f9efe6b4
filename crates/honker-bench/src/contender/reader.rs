//! What a subscriber reads at a wake: shared by all contenders, each with the SQLite that it brings along.

use std::path::Path;
use std::time::Duration;

use honker_bench_contender::Reader;
use rusqlite::{Connection, OpenFlags};

/// The highest id of the table `t`, by a cached statement; opened at the first read. 0 if it cannot be read.
pub(crate) fn highest_id(database: &Path) -> Reader {
    let database = database.to_owned();
    let mut connection = None;
    Box::new(move || {
        if connection.is_none() {
            let opened = Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_ONLY);
            connection = opened.ok();
        }
        let read = connection.as_ref().map(|connection| {
            connection.busy_timeout(Duration::from_secs(1))?;
            let mut select = connection.prepare_cached("SELECT max(id) FROM t")?;
            select.query_row([], |row| row.get(0))
        });
        read.and_then(rusqlite::Result::ok).unwrap_or(0)
    })
}
