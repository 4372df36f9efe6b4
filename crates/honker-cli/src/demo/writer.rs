//! The demo's writer, in its own process: SQLite, and nothing of the watcher.
//!
//! It says `ready`, then makes one commit for each byte it reads, and answers with CLOCK_MONOTONIC just after the
//! commit returned. It ends with its input.

use crate::args::DemoWriter;
use crate::clock::monotonic_ns;
use crate::exit::{Exit, Failure};
use rusqlite::Connection;
use std::io::{self, Read, Write};

pub(crate) fn run(args: &DemoWriter) -> Result<Exit, Failure> {
    write(args).map_err(|error| {
        let message =
            format!("the demo's writer cannot go on: {error}. Check the disk that holds TMPDIR");
        Failure::new(Exit::Failed, message)
    })?;
    Ok(Exit::Done)
}

fn write(args: &DemoWriter) -> Result<(), Box<dyn std::error::Error>> {
    let connection = Connection::open(&args.database)?;
    connection.pragma_update(None, "journal_mode", &args.journal_mode)?;
    connection.execute_batch("CREATE TABLE demo(number INTEGER PRIMARY KEY, at_ns INTEGER)")?;
    let mut insert = connection.prepare("INSERT INTO demo(at_ns) VALUES (?1)")?;

    let mut answers = io::stdout().lock();
    writeln!(answers, "ready")?;
    for order in io::stdin().lock().bytes() {
        order?;
        insert.execute([i64::try_from(monotonic_ns())?])?;
        let committed_ns = monotonic_ns();
        writeln!(answers, "{committed_ns}")?;
    }
    Ok(())
}
