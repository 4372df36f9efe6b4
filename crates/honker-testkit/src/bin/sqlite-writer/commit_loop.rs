//! Many commits without a word in between.

use std::time::Duration;

use honker_testkit::clock::monotonic_ns;
use honker_testkit::protocol::{CommitLoop, Done, LoopReport, SqlError};
use rusqlite::{Connection, Error, Statement};

use crate::run;

/// Runs the loop. SQLITE_BUSY is counted, any other error ends it.
pub(crate) fn run(connection: &Connection, order: &CommitLoop) -> Result<LoopReport, SqlError> {
    let began = monotonic_ns();
    let mut prepared = prepare(connection, &order.sql).map_err(|error| at(&error, began))?;
    let mut report = LoopReport {
        commits: 0,
        busy: 0,
        elapsed_ns: 0,
        times: Vec::new(),
    };
    for i in 0..order.n {
        if order.for_ms > 0 && monotonic_ns() - began >= order.for_ms * 1_000_000 {
            break;
        }
        pace(began + i * order.every_us * 1000);
        let before_ns = monotonic_ns();
        let result = match &mut prepared {
            Some(statement) => step(statement),
            None => run::all(connection, &order.sql.replace("{i}", &i.to_string())),
        };
        match result {
            Ok(()) => {
                report.commits += 1;
                if order.record {
                    let after_ns = monotonic_ns();
                    report.times.push(Done {
                        before_ns,
                        after_ns,
                    });
                }
            }
            Err(error) if run::is_busy(&error) => {
                report.busy += 1;
                if !connection.is_autocommit() {
                    run::all(connection, "ROLLBACK").map_err(|error| at(&error, before_ns))?;
                }
            }
            Err(error) => return Err(at(&error, before_ns)),
        }
    }
    report.elapsed_ns = monotonic_ns() - began;
    Ok(report)
}

/// The statement, if it is the same and single in each run.
pub(crate) fn prepare<'c>(
    connection: &'c Connection,
    sql: &str,
) -> rusqlite::Result<Option<Statement<'c>>> {
    if sql.contains("{i}") {
        return Ok(None);
    }
    match connection.prepare(sql) {
        Ok(statement) => Ok(Some(statement)),
        Err(Error::MultipleStatement) => Ok(None),
        // The second of many statements can be wrong only because the first has not run yet.
        Err(_) if sql.trim_end().trim_end_matches(';').contains(';') => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn step(statement: &mut Statement<'_>) -> rusqlite::Result<()> {
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

/// Sleeps until `due`; a writer that is late goes on at once, and catches up.
pub(crate) fn pace(due: u64) {
    let now = monotonic_ns();
    if due > now {
        std::thread::sleep(Duration::from_nanos(due - now));
    }
}

pub(crate) fn at(error: &Error, before_ns: u64) -> SqlError {
    let after_ns = monotonic_ns();
    run::describe(
        error,
        Done {
            before_ns,
            after_ns,
        },
    )
}
