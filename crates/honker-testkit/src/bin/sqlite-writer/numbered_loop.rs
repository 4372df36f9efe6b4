//! Commits that the database numbers, each told to a log.

use honker_testkit::clock::monotonic_ns;
use honker_testkit::numbered::{Log, Logged};
use honker_testkit::protocol::{LoopReport, NumberedLoop, SqlError};
use rusqlite::{Connection, Result, Statement};

use crate::commit_loop::{at, pace, prepare, step};
use crate::run;

/// Runs the loop. SQLITE_BUSY is counted, any other error ends it; both roll back.
pub(crate) fn run(connection: &Connection, order: &NumberedLoop) -> Result<LoopReport, SqlError> {
    let began = monotonic_ns();
    let mut log = Log::append(&order.log).map_err(|error| refused(&error, began))?;
    let mut run = Run::prepare(connection, &order.sql).map_err(|error| at(&error, began))?;
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
        let before = monotonic_ns();
        match run.commit(&mut log) {
            Ok(()) => report.commits += 1,
            Err(error) => {
                if !connection.is_autocommit() {
                    run::all(connection, "ROLLBACK").map_err(|error| at(&error, before))?;
                }
                if !run::is_busy(&error) {
                    return Err(at(&error, before));
                }
                report.busy += 1;
            }
        }
    }
    report.elapsed_ns = monotonic_ns() - began;
    Ok(report)
}

/// The statements of one transaction.
struct Run<'c> {
    connection: &'c Connection,
    begin: Statement<'c>,
    count: Statement<'c>,
    rest: Option<Statement<'c>>,
    sql: &'c str,
    commit: Statement<'c>,
}

impl<'c> Run<'c> {
    fn prepare(connection: &'c Connection, sql: &'c str) -> Result<Self> {
        Ok(Self {
            connection,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            count: connection.prepare("UPDATE counter SET n = n + 1 RETURNING n")?,
            rest: prepare(connection, sql)?,
            sql,
            commit: connection.prepare("COMMIT")?,
        })
    }

    fn commit(&mut self, log: &mut Log) -> Result<()> {
        step(&mut self.begin)?;
        let k = self.count()?;
        match &mut self.rest {
            Some(statement) => step(statement)?,
            None => run::all(self.connection, self.sql)?,
        }
        add(log, k, false);
        step(&mut self.commit)?;
        add(log, k, true);
        Ok(())
    }

    fn count(&mut self) -> Result<u64> {
        let mut rows = self.count.raw_query();
        let mut k = 0;
        while let Some(row) = rows.next()? {
            k = row.get::<_, i64>(0)?.unsigned_abs();
        }
        Ok(k)
    }
}

/// A commit that cannot be told is worse than a writer that ends.
fn add(log: &mut Log, k: u64, returned: bool) {
    let ns = monotonic_ns();
    log.add(Logged { k, returned, ns })
        .expect("the log can be written");
}

/// The log cannot be opened.
fn refused(error: &std::io::Error, before_ns: u64) -> SqlError {
    SqlError {
        error: format!("no log: {error}"),
        code: 0,
        extended: 0,
        before_ns,
        after_ns: monotonic_ns(),
    }
}
