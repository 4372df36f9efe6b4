//! What a test and a writer process say to each other: one JSON object per line, one answer per command.
//!
//! `sqlite-writer` (Rust, bundled SQLite) and `python_writer.py` (Python's `sqlite3`) both speak it.
//! All times are `CLOCK_MONOTONIC` in nanoseconds, so they compare across processes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A command for a writer process. `conn` is a number the test chooses; a process can have many connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Opens a connection.
    Open {
        /// The connection's number from now on.
        conn: u32,
        /// The database file, or a `file:` URI with [`OpenFlag::Uri`].
        path: PathBuf,
        /// How to open it.
        #[serde(default)]
        flags: Vec<OpenFlag>,
        /// A VFS other than the default, such as `unix-dotfile` or `unix-none`.
        #[serde(default)]
        vfs: Option<String>,
        /// How long SQLite waits for a lock before it answers SQLITE_BUSY.
        #[serde(default)]
        busy_timeout_ms: u32,
    },
    /// Runs all statements in `sql`, to their last row, and throws the rows away.
    Exec {
        /// The connection.
        conn: u32,
        /// Any number of statements.
        sql: String,
    },
    /// Runs one statement and answers its rows.
    Query {
        /// The connection.
        conn: u32,
        /// One statement.
        sql: String,
    },
    /// Closes a connection.
    Close {
        /// The connection.
        conn: u32,
    },
    /// Sets `SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE`: the last close then leaves `-wal` as it is.
    NoCkptOnClose {
        /// The connection.
        conn: u32,
        /// On or off.
        on: bool,
    },
    /// Makes commits without being asked for each.
    CommitLoop(CommitLoop),
    /// Makes commits that the database numbers, and logs each.
    NumberedLoop(NumberedLoop),
    /// Stops the process (SIGSTOP) when its SQLite reaches a point. Only the SQLite of `instrumented-writer` has any.
    StopAt {
        /// The point's name: see the `points.rs` of `honker-instrumented-sqlite`.
        point: String,
        /// The n-th time from now on; 1 is the next.
        nth: u32,
    },
    /// Asks for the time.
    Clock {},
}

/// See [`Command::Open`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenFlag {
    /// `SQLITE_OPEN_READONLY`.
    Readonly,
    /// Without `SQLITE_OPEN_CREATE`: a missing file is an error.
    NoCreate,
    /// The path may be a `file:` URI.
    Uri,
}

/// Many commits by the writer alone, as fast as it can or paced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommitLoop {
    /// The connection.
    pub conn: u32,
    /// How often `sql` is run. One run is one try: SQLITE_BUSY is counted, not tried again.
    pub n: u64,
    /// The SQL of one run. Without `{i}` and if it is a single statement it is prepared once;
    /// `{i}` is replaced by the number of the run, from 0.
    pub sql: String,
    /// Start a run each so many microseconds; 0 means without a pause.
    pub every_us: u64,
    /// Stop after so many milliseconds even if `n` is not reached; 0 means never.
    pub for_ms: u64,
    /// Answer the times of each commit.
    pub record: bool,
}

/// Commits that the database numbers itself, each logged to a file in a way that outlives a `kill -9`.
///
/// Each run is one transaction: `BEGIN IMMEDIATE`, the counter of [`crate::numbered::SCHEMA`] is raised, `sql` is run,
/// the log says that commit `k` is about to be made, `COMMIT`, and the log says that it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NumberedLoop {
    /// The connection.
    pub conn: u32,
    /// How many runs. SQLITE_BUSY is counted, not tried again; any other error ends the loop, rolled back.
    pub n: u64,
    /// What else each transaction does.
    pub sql: String,
    /// Start a run each so many microseconds; 0 means without a pause.
    pub every_us: u64,
    /// Stop after so many milliseconds even if `n` is not reached; 0 means never.
    pub for_ms: u64,
    /// The file that [`crate::numbered::read_log`] reads. It is appended to.
    pub log: PathBuf,
}

/// An answer of a writer process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// The command was carried out.
    Done(Done),
    /// Rows of a query.
    Rows {
        /// One value per column; blobs as upper-case hexadecimal text.
        rows: Vec<Vec<serde_json::Value>>,
    },
    /// A commit loop has ended.
    Loop(LoopReport),
    /// The time.
    Clock {
        /// `CLOCK_MONOTONIC`.
        ns: u64,
    },
    /// SQLite refused.
    Error(SqlError),
}

/// When a command ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Just before SQLite was called.
    pub before_ns: u64,
    /// Just after SQLite returned.
    pub after_ns: u64,
}

/// What a commit loop did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopReport {
    /// Runs that succeeded.
    pub commits: u64,
    /// Runs that ended in SQLITE_BUSY; an open transaction was rolled back.
    pub busy: u64,
    /// From the first run to the end of the last.
    pub elapsed_ns: u64,
    /// With [`CommitLoop::record`]: when each successful run began and returned.
    pub times: Vec<Done>,
}

/// An error that SQLite gave, with its result codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlError {
    /// SQLite's message.
    pub error: String,
    /// The primary result code, such as 5 for SQLITE_BUSY; 0 if the error is not SQLite's.
    pub code: i32,
    /// The extended result code.
    pub extended: i32,
    /// Just before SQLite was called.
    pub before_ns: u64,
    /// Just after SQLite returned.
    pub after_ns: u64,
}

impl SqlError {
    /// SQLITE_BUSY, whatever the extended code says.
    pub fn is_busy(&self) -> bool {
        self.code == 5
    }

    /// SQLITE_CONSTRAINT, whatever the extended code says.
    pub fn is_constraint(&self) -> bool {
        self.code == 19
    }
}

impl std::fmt::Display for SqlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.error, self.extended)
    }
}

impl std::error::Error for SqlError {}
