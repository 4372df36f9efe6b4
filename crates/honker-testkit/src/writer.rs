//! A process that writes to a database with its own SQLite, driven line by line.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use crate::exe::{exe, instrumented_exe};
use crate::journal::{JournalMode, Synchronous};
use crate::lines::{Lines, NoLine};
use crate::process::Process;
use crate::protocol::{
    Command, CommitLoop, Done, LoopReport, NumberedLoop, OpenFlag, Reply, SqlError,
};
use crate::wait::LONG;
#[cfg(unix)]
use crate::wait::wait_until;

/// A connection of a [`Writer`]'s process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Conn(pub u32);

/// How to open a connection; `Open::default()` creates a missing file and waits up to 5 s for a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// See [`OpenFlag`].
    pub flags: Vec<OpenFlag>,
    /// A VFS other than the default.
    pub vfs: Option<String>,
    /// 0 answers SQLITE_BUSY at once.
    pub busy_timeout_ms: u32,
}

impl Default for Open {
    fn default() -> Self {
        Self {
            flags: Vec::new(),
            vfs: None,
            busy_timeout_ms: 5000,
        }
    }
}

/// A writer process. Dropping it kills it.
///
/// Every command can be split: [`send`](Self::send) starts it, and [`receive`](Self::receive) takes the answer, so
/// that a test can stop or kill the process in between.
#[derive(Debug)]
pub struct Writer {
    process: Process,
    // None once the input is closed.
    commands: Option<ChildStdin>,
    replies: Lines<ChildStdout>,
    next_conn: u32,
}

impl Writer {
    /// Starts `sqlite-writer`: Rust, with the newest SQLite, which it brings along.
    pub fn spawn() -> Self {
        Self::spawn_command(&mut std::process::Command::new(exe()))
    }

    /// Starts `instrumented-writer`: the same SQLite, patched so that it can be stopped at [`Self::stop_at`] a point.
    /// It has no loops.
    pub fn spawn_instrumented() -> Self {
        Self::spawn_command(&mut std::process::Command::new(instrumented_exe()))
    }

    /// Starts any program that speaks [`crate::protocol`].
    pub fn spawn_command(command: &mut std::process::Command) -> Self {
        let mut process = Process::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let commands = process.child().stdin.take();
        let replies = process.child().stdout.take().expect("stdout is a pipe");
        Self {
            process,
            commands,
            replies: Lines::new(replies),
            next_conn: 1,
        }
    }

    /// Opens a connection as [`Open::default`] says.
    ///
    /// # Panics
    /// If SQLite refuses: see [`Self::try_open`].
    pub fn open(&mut self, path: impl AsRef<Path>) -> Conn {
        let path = path.as_ref();
        self.try_open(path, Open::default())
            .unwrap_or_else(|error| panic!("can't open {}: {error}", path.display()))
    }

    /// Opens a connection. (SQLite looks into the file only when it first needs to.)
    pub fn try_open(&mut self, path: impl Into<PathBuf>, how: Open) -> Result<Conn, SqlError> {
        let conn = self.next_conn;
        self.next_conn += 1;
        self.send(&Command::Open {
            conn,
            path: path.into(),
            flags: how.flags,
            vfs: how.vfs,
            busy_timeout_ms: how.busy_timeout_ms,
        });
        self.done().map(|_| Conn(conn))
    }

    /// Opens a connection with a journal mode and a synchronous setting.
    pub fn open_in(
        &mut self,
        path: impl AsRef<Path>,
        mode: JournalMode,
        synchronous: Synchronous,
    ) -> Conn {
        let conn = self.open(path);
        self.set_journal_mode(conn, mode);
        self.exec(conn, &synchronous.pragma())
            .expect("synchronous can be set");
        conn
    }

    /// Switches the journal mode and makes sure that SQLite did it (it refuses by answering another mode).
    pub fn set_journal_mode(&mut self, conn: Conn, mode: JournalMode) {
        let rows = self
            .query(conn, &mode.pragma())
            .expect("the journal mode can be set");
        let answer = rows[0][0].as_str().map(str::to_uppercase);
        assert_eq!(
            answer.as_deref(),
            Some(mode.name()),
            "SQLite refused the journal mode"
        );
    }

    /// Runs any number of statements.
    pub fn exec(&mut self, conn: Conn, sql: &str) -> Result<Done, SqlError> {
        self.start_exec(conn, sql);
        self.done()
    }

    /// Starts [`Self::exec`] without waiting; [`Self::done`] takes the answer.
    pub fn start_exec(&mut self, conn: Conn, sql: &str) {
        self.send(&Command::Exec {
            conn: conn.0,
            sql: sql.into(),
        });
    }

    /// Runs one statement and gives its rows.
    pub fn query(
        &mut self,
        conn: Conn,
        sql: &str,
    ) -> Result<Vec<Vec<serde_json::Value>>, SqlError> {
        self.send(&Command::Query {
            conn: conn.0,
            sql: sql.into(),
        });
        match self.receive() {
            Reply::Rows { rows } => Ok(rows),
            Reply::Error(error) => Err(error),
            other => panic!("a query was answered with {other:?}"),
        }
    }

    /// The whole number in the first column of the first row.
    ///
    /// # Panics
    /// If there is none.
    pub fn query_i64(&mut self, conn: Conn, sql: &str) -> i64 {
        let rows = self
            .query(conn, sql)
            .unwrap_or_else(|error| panic!("{error} in {sql}"));
        let value = rows.first().and_then(|row| row.first());
        value
            .and_then(serde_json::Value::as_i64)
            .unwrap_or_else(|| panic!("{sql} gave {value:?}, not a whole number"))
    }

    /// Lets the process make commits by itself, and waits for the end.
    pub fn commit_loop(&mut self, order: CommitLoop) -> Result<LoopReport, SqlError> {
        self.start_commit_loop(order);
        self.loop_report()
    }

    /// Starts [`Self::commit_loop`] without waiting; [`Self::loop_report`] takes the answer.
    pub fn start_commit_loop(&mut self, order: CommitLoop) {
        self.send(&Command::CommitLoop(order));
    }

    /// The answer to a commit loop, which may take ten minutes.
    pub fn loop_report(&mut self) -> Result<LoopReport, SqlError> {
        match self.receive_within(LONG * 10) {
            Some(Reply::Loop(report)) => Ok(report),
            Some(Reply::Error(error)) => Err(error),
            other => panic!("a commit loop was answered with {other:?}"),
        }
    }

    /// Makes commits that the database numbers, and waits for the end.
    pub fn numbered_loop(&mut self, order: NumberedLoop) -> Result<LoopReport, SqlError> {
        self.send(&Command::NumberedLoop(order));
        self.loop_report()
    }

    /// Closes a connection.
    pub fn close(&mut self, conn: Conn) {
        self.send(&Command::Close { conn: conn.0 });
        self.done()
            .unwrap_or_else(|error| panic!("can't close: {error}"));
    }

    /// Sets `SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE`.
    pub fn no_ckpt_on_close(&mut self, conn: Conn, on: bool) {
        self.send(&Command::NoCkptOnClose { conn: conn.0, on });
        self.done().expect("SQLite knows the setting");
    }

    /// `CLOCK_MONOTONIC` in the other process.
    pub fn clock(&mut self) -> u64 {
        self.send(&Command::Clock {});
        match self.receive() {
            Reply::Clock { ns } => ns,
            other => panic!("the clock was answered with {other:?}"),
        }
    }

    /// Starts a command.
    pub fn send(&mut self, command: &Command) {
        let mut line = serde_json::to_string(command).expect("a command is JSON");
        line.push('\n');
        let pid = self.pid();
        let input = self.commands.as_mut().expect("the writer's input is open");
        input
            .write_all(line.as_bytes())
            .unwrap_or_else(|error| panic!("writer {pid} takes no command: {error}"));
    }

    /// The answer to the oldest command that has none yet.
    pub fn receive(&mut self) -> Reply {
        let pid = self.pid();
        self.receive_within(LONG)
            .unwrap_or_else(|| panic!("writer {pid} did not answer within {LONG:?}"))
    }

    /// The answer, or `None` if it did not come in time.
    ///
    /// # Panics
    /// If the process ended without one.
    pub fn receive_within(&mut self, within: Duration) -> Option<Reply> {
        match self.replies.next(within) {
            Ok(line) => Some(
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}")),
            ),
            Err(NoLine::Late) => None,
            Err(NoLine::Ended) => panic!("writer {} ended without an answer", self.pid()),
        }
    }

    /// The answer to a command that gives nothing but success.
    pub fn done(&mut self) -> Result<Done, SqlError> {
        match self.receive() {
            Reply::Done(done) => Ok(done),
            Reply::Error(error) => Err(error),
            other => panic!("a command was answered with {other:?}"),
        }
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// SIGSTOP; returns when the process has really stopped.
    #[cfg(unix)]
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Has an instrumented writer stop itself when its SQLite reaches this point for the `nth` time from now on.
    ///
    /// # Panics
    /// If SQLite has no such point.
    pub fn stop_at(&mut self, point: &str, nth: u32) {
        self.send(&Command::StopAt {
            point: point.into(),
            nth,
        });
        self.done().unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until the process has stopped at its point.
    ///
    /// # Panics
    /// If what it was doing ended without reaching that point.
    #[cfg(unix)]
    pub fn wait_for_stop(&mut self) {
        let stopped = wait_until(LONG, || {
            if let Ok(answer) = self.replies.next(Duration::ZERO) {
                panic!("the point was not reached: {answer}");
            }
            self.process.is_stopped()
        });
        assert!(stopped, "writer {} did not stop", self.pid());
    }

    /// SIGCONT.
    #[cfg(unix)]
    pub fn cont(&self) {
        self.process.cont();
    }

    /// SIGKILL; returns when the process is reaped and its locks are gone.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Lets the process end by itself: it closes what is still open.
    pub fn finish(mut self) {
        drop(self.commands.take());
        let status = self.process.wait(LONG);
        assert!(status.success(), "the writer ended with {status}");
    }
}
