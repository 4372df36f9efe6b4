//! The thread of one writer.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use honker_testkit::protocol::Command;
use honker_testkit::{
    Conn, JournalMode, LONG, NodeWriter, NumberedLoop, Open, PythonWriter, Reply, SqlError,
    Synchronous, Writer, exe, numbered, wait_until,
};

use super::{Conduct, Program, Writing, shell};
use crate::attached;

/// How long a session works before it looks whether it is to pause or end.
const SLICE_MS: u64 = 100;
/// Longer than any watcher is stopped in the middle of a read.
const BUSY_TIMEOUT_MS: u32 = 20_000;

/// Drives one writer process after the other.
#[derive(Debug)]
pub(super) struct Driver {
    pub(super) database: PathBuf,
    pub(super) mode: JournalMode,
    pub(super) writing: Writing,
    pub(super) log: PathBuf,
    pub(super) rng: Rng,
    pub(super) conduct: Arc<Conduct>,
}

/// How a session ended.
enum Ended {
    Closed,
    Killed,
}

impl Driver {
    pub(super) fn new(
        database: &Path,
        mode: JournalMode,
        writing: Writing,
        log: PathBuf,
        rng: Rng,
        conduct: Arc<Conduct>,
    ) -> Self {
        Self {
            database: database.to_owned(),
            mode,
            writing,
            log,
            rng,
            conduct,
        }
    }

    pub(super) fn run(mut self) {
        let mut process = None;
        while !self.conduct.is_over() {
            if self.conduct.is_paused() {
                self.park();
                continue;
            }
            self.conduct.sessions.fetch_add(1, Ordering::Relaxed);
            let pragmas = self.pragmas();
            if self.writing.program == Program::Shell {
                shell::session(&mut self, &pragmas);
                continue;
            }
            let mut writer = process.take().unwrap_or_else(|| self.spawn());
            match self.session(&mut writer, &pragmas) {
                Ok(Ended::Closed) => process = Some(writer),
                Ok(Ended::Killed) => {}
                // The next session has a process of its own: this one's connection may still be open.
                Err(error) => self.met(&error),
            }
        }
    }

    fn spawn(&self) -> Writer {
        let mut command = match self.writing.program {
            Program::Python => PythonWriter::command(),
            Program::Node => return NodeWriter::spawn(),
            Program::Bundled | Program::Shell => std::process::Command::new(exe()),
        };
        if let Some(clock) = self.conduct.clock.get() {
            clock.apply(&mut command);
        }
        Writer::spawn_command(&mut command)
    }

    fn park(&self) {
        self.conduct.parked.fetch_add(1, Ordering::AcqRel);
        let _ = wait_until(LONG * 100, || {
            !self.conduct.is_paused() || self.conduct.is_over()
        });
        self.conduct.parked.fetch_sub(1, Ordering::AcqRel);
    }

    /// What a session sets, statement by statement.
    fn pragmas(&mut self) -> Vec<String> {
        let flipping = self.conduct.flipping.lock();
        let flipping = flipping.unwrap_or_else(PoisonError::into_inner);
        let mode = if flipping.is_empty() {
            self.mode
        } else {
            self.conduct.extra();
            flipping[self.rng.usize(..flipping.len())]
        };
        let mut synchronous = self.writing.synchronous;
        if self.writing.attached {
            // With OFF, SQLite makes no super-journal.
            synchronous = synchronous.max(Synchronous::Normal);
        }
        let mut pragmas = vec![format!("PRAGMA synchronous={synchronous}"), mode.pragma()];
        if self.writing.attached {
            pragmas.extend(attached::pragmas(&self.database, synchronous, mode));
        }
        pragmas
    }

    fn session(&mut self, writer: &mut Writer, pragmas: &[String]) -> Result<Ended, SqlError> {
        let how = Open {
            busy_timeout_ms: BUSY_TIMEOUT_MS,
            ..Open::default()
        };
        let conn = writer.try_open(self.database.clone(), how)?;
        let bundled = self.writing.program == Program::Bundled;
        if bundled && self.conduct.leave_log.load(Ordering::Relaxed) {
            writer.no_ckpt_on_close(conn, true);
        }
        for pragma in pragmas {
            writer.query(conn, pragma)?;
        }
        let mut left = self.writing.commits_a_session;
        while left > 0 && !self.conduct.is_over() && !self.conduct.is_paused() {
            writer.send(&self.slice(conn, left));
            match self.answer(writer) {
                None => return Ok(Ended::Killed),
                Some(Reply::Loop(report)) => {
                    left -= report.commits.max(1).min(left);
                    if report.busy > 0 {
                        self.conduct.refused("database is locked (5)".to_owned());
                    }
                }
                Some(Reply::Error(error)) => return Err(error),
                Some(other) => panic!("a loop was answered with {other:?}"),
            }
        }
        writer.send(&Command::Close { conn: conn.0 });
        // Also in the checkpoint of a last close.
        match self.answer(writer) {
            None => Ok(Ended::Killed),
            Some(Reply::Error(error)) => Err(error),
            Some(_) => Ok(Ended::Closed),
        }
    }

    fn slice(&self, conn: Conn, commits: u64) -> Command {
        Command::NumberedLoop(NumberedLoop {
            conn: conn.0,
            n: commits,
            sql: if self.writing.attached {
                attached::entry(self.writing.bytes)
            } else {
                numbered::entry(self.writing.bytes)
            },
            every_us: self.writing.every_us,
            for_ms: SLICE_MS,
            log: self.log.clone(),
        })
    }

    /// The answer, or `None` if the process was killed before it was taken.
    fn answer(&mut self, writer: &mut Writer) -> Option<Reply> {
        let within = self.conduct.kill_within_us.load(Ordering::Relaxed);
        if within == 0 || self.rng.u8(..) < 64 {
            let patience = LONG * 3;
            let reply = writer.receive_within(patience);
            return Some(reply.unwrap_or_else(|| panic!("writer {} hangs", writer.pid())));
        }
        // At a random point, to the microsecond; more often soon than late.
        let most = self.rng.u64(1..=within);
        std::thread::sleep(Duration::from_micros(self.rng.u64(..most)));
        writer.kill();
        self.conduct.kills.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// What SQLite refused. Whether that was to be expected is judged by the round.
    pub(super) fn met(&self, error: &SqlError) {
        self.conduct
            .refused(format!("{} ({})", error.error, error.code));
    }
}
