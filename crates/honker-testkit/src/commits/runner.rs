//! Running the steps of a mix in other processes.

use std::path::{Path, PathBuf};

use super::{Session, Step};
use crate::journal::{JournalMode, Synchronous};
use crate::writer::{Conn, Writer};

/// How many processes write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// One process with one connection for all steps.
    OneWriter,
    /// Each step by a process that opens, runs it, closes and ends. In WAL the log comes and goes with each.
    ProcessPerStep,
}

impl Style {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OneWriter, Self::ProcessPerStep];
}

/// Runs steps on a database.
#[derive(Debug)]
pub struct Runner {
    path: PathBuf,
    mode: JournalMode,
    synchronous: Synchronous,
    // None: a process per step.
    open: Option<(Writer, Conn)>,
}

impl Runner {
    /// With [`Style::OneWriter`] the connection is opened here, and stays open.
    pub fn new(style: Style, path: &Path, mode: JournalMode, synchronous: Synchronous) -> Self {
        let mut runner = Self {
            path: path.to_owned(),
            mode,
            synchronous,
            open: None,
        };
        if style == Style::OneWriter {
            let mut writer = Writer::spawn();
            let conn = runner.connect(&mut writer);
            runner.open = Some((writer, conn));
        }
        runner
    }

    /// Runs a step to its end.
    ///
    /// # Panics
    /// If SQLite refuses anything, save for constraint errors, which are part of some steps.
    pub fn run(&mut self, step: &Step) {
        if let Some((mut writer, conn)) = self.open.take() {
            let conn = self.run_in(&mut writer, conn, step);
            self.open = Some((writer, conn));
        } else {
            let mut writer = Writer::spawn();
            let conn = self.connect(&mut writer);
            let conn = self.run_in(&mut writer, conn, step);
            writer.close(conn);
            writer.finish();
        }
    }

    /// The writer and its connection, with [`Style::OneWriter`].
    pub fn writer(&mut self) -> Option<(&mut Writer, Conn)> {
        self.open.as_mut().map(|(writer, conn)| (writer, *conn))
    }

    /// Closes the connection and ends the process, if there is one.
    pub fn finish(self) {
        if let Some((mut writer, conn)) = self.open {
            writer.close(conn);
            writer.finish();
        }
    }

    fn connect(&self, writer: &mut Writer) -> Conn {
        writer.open_in(&self.path, self.mode, self.synchronous)
    }

    /// Gives the connection to go on with.
    fn run_in(&self, writer: &mut Writer, conn: Conn, step: &Step) -> Conn {
        match step.session {
            Session::Same => {
                exec(writer, conn, step);
                conn
            }
            Session::Reopened => {
                writer.close(conn);
                let conn = self.connect(writer);
                exec(writer, conn, step);
                conn
            }
            Session::Second => {
                let second = writer.open(&self.path);
                exec(writer, second, step);
                writer.close(second);
                conn
            }
        }
    }
}

fn exec(writer: &mut Writer, conn: Conn, step: &Step) {
    for sql in &step.sql {
        match writer.exec(conn, sql) {
            Ok(_) => {}
            Err(error) if error.is_constraint() => {}
            Err(error) => panic!("step {:?}: {error} in {sql}", step.name),
        }
    }
}
