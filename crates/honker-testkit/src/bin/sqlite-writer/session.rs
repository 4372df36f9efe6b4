//! The connections of the process, and what each command does to them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use honker_testkit::clock::monotonic_ns;
use honker_testkit::protocol::{Command, OpenFlag, Reply, SqlError};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::{commit_loop, numbered_loop, run};

/// The open connections by the numbers that the test gave them.
#[derive(Default)]
pub(crate) struct Session {
    connections: BTreeMap<u32, Connection>,
}

impl Session {
    pub(crate) fn answer(&mut self, command: Command) -> Reply {
        self.carry_out(command).unwrap_or_else(Reply::Error)
    }

    fn carry_out(&mut self, command: Command) -> Result<Reply, SqlError> {
        match command {
            Command::Open {
                conn,
                path,
                flags,
                vfs,
                busy_timeout_ms,
            } => run::timed(|| {
                let connection = open(&path, &flags, vfs.as_deref())?;
                connection.busy_timeout(Duration::from_millis(busy_timeout_ms.into()))?;
                self.connections.insert(conn, connection);
                Ok(())
            })
            .map(Reply::Done),
            Command::Exec { conn, sql } => {
                let connection = self.connection(conn)?;
                run::timed(|| run::all(connection, &sql)).map(Reply::Done)
            }
            Command::Query { conn, sql } => {
                let mut rows = Vec::new();
                let connection = self.connection(conn)?;
                run::timed(|| {
                    rows = query(connection, &sql)?;
                    Ok(())
                })?;
                Ok(Reply::Rows { rows })
            }
            Command::Close { conn } => {
                let connection = self
                    .connections
                    .remove(&conn)
                    .ok_or_else(|| unknown(conn))?;
                run::timed(|| connection.close().map_err(|(_, error)| error)).map(Reply::Done)
            }
            Command::NoCkptOnClose { conn, on } => {
                let connection = self.connection(conn)?;
                let setting = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
                run::timed(|| connection.set_db_config(setting, on).map(drop)).map(Reply::Done)
            }
            Command::CommitLoop(order) => {
                let connection = self.connection(order.conn)?;
                commit_loop::run(connection, &order).map(Reply::Loop)
            }
            Command::NumberedLoop(order) => {
                let connection = self.connection(order.conn)?;
                numbered_loop::run(connection, &order).map(Reply::Loop)
            }
            Command::StopAt { point, .. } => {
                Err(refusal(format!("this SQLite has no stop point {point:?}")))
            }
            Command::Clock {} => Ok(Reply::Clock { ns: monotonic_ns() }),
        }
    }

    fn connection(&self, conn: u32) -> Result<&Connection, SqlError> {
        self.connections.get(&conn).ok_or_else(|| unknown(conn))
    }
}

/// Opens a connection without a busy timeout.
pub(crate) fn open(
    path: &Path,
    flags: &[OpenFlag],
    vfs: Option<&str>,
) -> rusqlite::Result<Connection> {
    let mut open = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    open |= OpenFlags::SQLITE_OPEN_NO_MUTEX;
    for flag in flags {
        match flag {
            OpenFlag::Readonly => {
                open.remove(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE);
                open |= OpenFlags::SQLITE_OPEN_READ_ONLY;
            }
            OpenFlag::NoCreate => open.remove(OpenFlags::SQLITE_OPEN_CREATE),
            OpenFlag::Uri => open |= OpenFlags::SQLITE_OPEN_URI,
        }
    }
    match vfs {
        None => Connection::open_with_flags(path, open),
        Some(vfs) => Connection::open_with_flags_and_vfs(path, open, vfs),
    }
}

fn query(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<Vec<Value>>> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut values = Vec::new();
    while let Some(row) = rows.next()? {
        let row: rusqlite::Result<_> = (0..columns).map(|i| row.get_ref(i).map(to_json)).collect();
        values.push(row?);
    }
    Ok(values)
}

fn to_json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => integer.into(),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(blob) => {
            let mut text = String::new();
            for byte in blob {
                write!(text, "{byte:02X}").expect("a String takes everything");
            }
            text.into()
        }
    }
}

/// An error of the test, not of SQLite.
fn unknown(conn: u32) -> SqlError {
    refusal(format!("no connection {conn} is open"))
}

fn refusal(error: String) -> SqlError {
    let now = monotonic_ns();
    SqlError {
        error,
        code: 0,
        extended: 0,
        before_ns: now,
        after_ns: now,
    }
}
