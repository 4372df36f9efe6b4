//! The host: a SQLite of the test's own process, as applications have one.
//!
//! The exception to the rule that SQLite lives in other processes, for the tests whose claim is that watching does
//! not harm it. While a host is open, nothing else in the test may open and close its files: that drops its locks.

use std::path::Path;

use rusqlite::Connection;

use crate::journal::JournalMode;

/// What the host's transaction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hold {
    /// A snapshot.
    Read,
    /// The right to write, and changes that are not committed.
    Write,
    /// The same, and in rollback modes nobody else may read.
    Exclusive,
}

impl Hold {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Exclusive];
}

/// A connection of this very process.
#[derive(Debug)]
pub struct Host {
    connection: Connection,
}

impl Host {
    /// Opens a database made by [`crate::TempDb::new`] in the same mode. It waits for no lock.
    pub fn open(path: &Path, mode: JournalMode) -> Self {
        let connection = Connection::open(path).expect("the host can open the database");
        connection
            .busy_timeout(std::time::Duration::ZERO)
            .expect("a setting");
        let answer: String = connection
            .query_row(&mode.pragma(), [], |row| row.get(0))
            .expect("the journal mode can be set");
        assert_eq!(answer.to_uppercase(), mode.name());
        Self { connection }
    }

    /// Runs any number of statements.
    pub fn exec(&self, sql: &str) {
        self.connection
            .execute_batch(sql)
            .unwrap_or_else(|error| panic!("host: {error} in {sql}"));
    }

    /// Begins a transaction and leaves it open.
    pub fn begin(&self, hold: Hold) {
        let write = "INSERT INTO t(n) VALUES (1)";
        self.exec(&match hold {
            Hold::Read => "BEGIN; SELECT * FROM t".to_owned(),
            Hold::Write => format!("BEGIN IMMEDIATE; {write}"),
            Hold::Exclusive => format!("BEGIN EXCLUSIVE; {write}"),
        });
    }

    /// Commits what [`Self::begin`] began. (Without a journal nothing can be rolled back.)
    pub fn commit(&self) {
        self.exec("COMMIT");
    }
}
