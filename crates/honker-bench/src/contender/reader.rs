//! What a subscriber reads at a wake: shared by all contenders, each with the SQLite that it brings along.

use std::path::Path;
use std::thread;
use std::time::Duration;

use honker_bench_contender::Reader;
use rusqlite::{Connection, OpenFlags};

/// The highest id of the table `t`, by a cached statement; opened at the first read. 0 if it cannot be read.
pub(crate) fn highest_id(database: &Path) -> Reader {
    let database = database.to_owned();
    let mut connection = None;
    Box::new(move || {
        if connection.is_none() {
            connection = open(&database).ok();
        }
        let read = connection.as_ref().map(|connection| {
            let mut select = connection.prepare_cached("SELECT max(id) FROM t")?;
            select.query_row([], |row| row.get(0))
        });
        read.and_then(rusqlite::Result::ok).unwrap_or(0)
    })
}

fn open(database: &Path) -> rusqlite::Result<Connection> {
    #[allow(
        unused_mut,
        reason = "it has to be in one of the two versions of rusqlite that this is built with"
    )]
    let mut connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_handler(Some(again))?;
    Ok(connection)
}

/// SQLite's own pauses grow to 0.1 s, which would be taken for a late wake. Gives up after a second or so.
fn again(tries: i32) -> bool {
    thread::sleep(Duration::from_micros(200));
    tries < 4000
}
