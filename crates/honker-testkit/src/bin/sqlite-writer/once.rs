//! `sqlite-writer once --db PATH --sql SQL [--sql SQL]... [--busy-timeout-ms N]`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use honker_testkit::protocol::Reply;

use crate::{run, session};

/// Opens, runs, closes, prints one line: `{"reply":"done",..}` and 0, or `{"reply":"error","code":..}` and 1.
pub(crate) fn main(arguments: impl Iterator<Item = String>) -> ExitCode {
    let order = match Order::parse(arguments) {
        Ok(order) => order,
        Err(problem) => {
            eprintln!("sqlite-writer once: {problem}");
            return ExitCode::from(2);
        }
    };
    let result = run::timed(|| {
        let connection = session::open(&order.db, &[], None)?;
        connection.busy_timeout(order.busy_timeout)?;
        for sql in &order.sql {
            run::all(&connection, sql)?;
        }
        connection.close().map_err(|(_, error)| error)
    });
    let (reply, code) = match result {
        Ok(done) => (Reply::Done(done), ExitCode::SUCCESS),
        Err(error) => (Reply::Error(error), ExitCode::FAILURE),
    };
    println!(
        "{}",
        serde_json::to_string(&reply).expect("a reply is JSON")
    );
    code
}

struct Order {
    db: PathBuf,
    sql: Vec<String>,
    busy_timeout: Duration,
}

impl Order {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut db = None;
        let mut sql = Vec::new();
        let mut busy_timeout = Duration::from_secs(5);
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--db" => db = Some(PathBuf::from(value)),
                "--sql" => sql.push(value),
                "--busy-timeout-ms" => {
                    let number = value
                        .parse()
                        .map_err(|_| format!("{value:?} is not a number"))?;
                    busy_timeout = Duration::from_millis(number);
                }
                _ => {
                    return Err(format!(
                        "unknown option {name:?}; known: --db --sql --busy-timeout-ms"
                    ));
                }
            }
        }
        Ok(Self {
            db: db.ok_or("--db is missing")?,
            sql,
            busy_timeout,
        })
    }
}
