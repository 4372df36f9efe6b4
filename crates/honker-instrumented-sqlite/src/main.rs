//! A writer whose SQLite can be stopped, and killed, at a point inside a commit, a checkpoint or a close.
//!
//! It speaks the protocol of `honker_testkit::protocol`, and understands its `stop_at`. The rest of that crate links
//! the other SQLite, and two cannot be in one program: so the protocol alone is taken from its file.

#[cfg(test)]
#[path = "../build/patch.rs"]
mod patch;
#[cfg(test)]
#[path = "../build/points.rs"]
#[allow(dead_code, reason = "the build script uses the points themselves")]
mod points;
#[path = "../../honker-testkit/src/protocol.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the other side of it uses the rest"
)]
mod protocol;
mod sqlite;
mod stop;
#[cfg(test)]
mod tests;

use nix::time::{ClockId, clock_gettime};
use protocol::{Command, Done, OpenFlag, Reply, SqlError};
use serde_json::Value;
use sqlite::{Connection, Error, Row};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

type Connections = BTreeMap<u32, Connection>;

fn main() -> ExitCode {
    let mut connections = Connections::new();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let command = match serde_json::from_str(&line) {
            Ok(command) => command,
            Err(error) => {
                eprintln!("instrumented-writer: not a command: {error}: {line}");
                return ExitCode::from(2);
            }
        };
        let before_ns = monotonic_ns();
        let reply = carry_out(&mut connections, command);
        let reply = reply.unwrap_or_else(|Error(error, extended)| {
            Reply::Error(SqlError {
                error,
                code: extended & 0xff,
                extended,
                before_ns,
                after_ns: monotonic_ns(),
            })
        });
        let written = serde_json::to_writer(&mut output, &reply).map_err(io::Error::from);
        if written.and_then(|()| output.write_all(b"\n")).is_err() || output.flush().is_err() {
            break; // Nobody reads any more.
        }
    }
    ExitCode::SUCCESS
}

fn carry_out(connections: &mut Connections, command: Command) -> Result<Reply, Error> {
    let before_ns = monotonic_ns();
    match command {
        Command::Open {
            conn,
            path,
            flags,
            vfs,
            busy_timeout_ms,
        } => {
            let connection = Connection::open(&path, open_flags(&flags), vfs.as_deref())?;
            connection.busy_timeout(busy_timeout_ms)?;
            connections.insert(conn, connection);
        }
        Command::Exec { conn, sql } => drop(find(connections, conn)?.run(&sql)?),
        Command::Query { conn, sql } => {
            let rows = find(connections, conn)?.run(&sql)?;
            let rows = rows.into_iter().map(to_json).collect();
            return Ok(Reply::Rows { rows });
        }
        Command::Close { conn } => {
            find(connections, conn)?;
            drop(connections.remove(&conn));
        }
        Command::NoCkptOnClose { conn, on } => find(connections, conn)?.no_ckpt_on_close(on)?,
        Command::StopAt { point, nth } => stop::at(point, nth).map_err(|what| Error(what, 0))?,
        Command::Clock {} => return Ok(Reply::Clock { ns: before_ns }),
        Command::CommitLoop(_) | Command::NumberedLoop(_) => {
            return Err(Error("this writer has no loops".to_owned(), 0));
        }
    }
    Ok(Reply::Done(Done {
        before_ns,
        after_ns: monotonic_ns(),
    }))
}

fn find(connections: &Connections, conn: u32) -> Result<&Connection, Error> {
    let connection = connections.get(&conn);
    connection.ok_or_else(|| Error(format!("no connection {conn} is open"), 0))
}

fn open_flags(flags: &[OpenFlag]) -> i32 {
    let mut open = sqlite::OPEN_READWRITE | sqlite::OPEN_CREATE;
    for flag in flags {
        match flag {
            OpenFlag::Readonly => {
                open &= !(sqlite::OPEN_READWRITE | sqlite::OPEN_CREATE);
                open |= sqlite::OPEN_READONLY;
            }
            OpenFlag::NoCreate => open &= !sqlite::OPEN_CREATE,
            OpenFlag::Uri => open |= sqlite::OPEN_URI,
        }
    }
    open
}

/// Whole numbers as numbers, and everything else as text.
fn to_json(row: Row) -> Vec<Value> {
    let values = row.into_iter().map(|value| match value {
        None => Value::Null,
        Some(text) => text
            .parse()
            .map_or(Value::String(text), |number: i64| number.into()),
    });
    values.collect()
}

/// `CLOCK_MONOTONIC` in nanoseconds.
fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_or(0, |now| now.tv_sec() * 1_000_000_000 + now.tv_nsec());
    u64::try_from(now).unwrap_or_default()
}
