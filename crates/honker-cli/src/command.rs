//! Running the user's command.

#[cfg(unix)]
#[path = "command/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "command/windows.rs"]
mod system;

use crate::exit::{Exit, Failure};
use crate::watch::Batch;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

/// The command as given, and the database it is about.
#[derive(Debug)]
pub(crate) struct Template {
    program: OsString,
    args: Vec<OsString>,
    database: PathBuf,
}

impl Template {
    pub(crate) fn new(command: &[OsString]) -> Option<Self> {
        let (program, args) = command.split_first()?;
        Some(Self {
            program: program.clone(),
            args: args.to_vec(),
            database: PathBuf::new(),
        })
    }

    /// The absolute path of the database, which is known once it is watched.
    pub(crate) fn about(mut self, database: &Path) -> Self {
        database.clone_into(&mut self.database);
        self
    }

    /// Whether there is such a program, so that a typing error shows at the start and not at the first wake.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        let found = system::find(&self.program);
        self.program = found.map_err(|error| self.cannot_start(&error))?;
        Ok(())
    }

    /// Starts it, and calls `ended` when it has ended and can be reaped.
    ///
    /// It gets a group of its own: Ctrl-C reaches it once, from here, and also what it started.
    /// Its standard input is empty, since several runs could not share one.
    pub(crate) fn start(
        &self,
        batch: Batch,
        position: Option<String>,
        ended: impl FnOnce() + Send + 'static,
    ) -> Result<Running, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env("HONKER_SEQ", batch.seq.to_string())
            .env("HONKER_COMMITS", batch.commits.to_string())
            .env("HONKER_DB", &self.database)
            .stdin(Stdio::null());
        if let Some(position) = position {
            command.env("HONKER_POSITION", position);
        }
        let started = system::start(&mut command);
        let (child, group) = started.map_err(|error| self.cannot_start(&error))?;
        let running = Running { child, group };
        let end = running.group.end();
        let waiting = thread::Builder::new()
            .name("honker-command".to_owned())
            .spawn(move || {
                end.wait();
                ended();
            });
        if let Err(error) = waiting {
            running.stop(Stop::Kill);
            running.reap()?;
            return Err(self.cannot_start(&error));
        }
        Ok(running)
    }

    fn cannot_start(&self, error: &io::Error) -> Failure {
        let program = &self.program;
        if error.kind() == io::ErrorKind::NotFound {
            let message = format!(
                "cannot run {program:?}: not found. Check its name and PATH; for shell syntax use {}",
                system::SHELL
            );
            return Failure::new(Exit::NoSuchCommand, message);
        }
        let message =
            format!("cannot run {program:?}: {error}. Check that it is an executable file");
        Failure::new(Exit::CannotRun, message)
    }
}

/// A run that has not been reaped yet.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    group: system::Group,
}

impl Running {
    /// Stops the command and what it started.
    pub(crate) fn stop(&self, stop: Stop) {
        self.group.stop(stop);
    }

    /// Takes the status of a command that has ended.
    pub(crate) fn reap(mut self) -> Result<ExitStatus, Failure> {
        self.child.wait().map_err(|error| {
            let message = format!("cannot wait for the command: {error}. Run honker without CMD");
            Failure::new(Exit::Failed, message)
        })
    }
}

/// How a command is stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// By this signal, where there are signals. It may tidy up first.
    Ask(#[cfg_attr(windows, allow(dead_code))] i32),
    /// At once.
    Kill,
}

impl Exit {
    /// The code of a command that ended by itself; 128 + n if signal n ended it, as shells report it.
    pub(crate) fn of_command(status: ExitStatus) -> Self {
        match (status.code(), system::signal_of(status)) {
            (Some(code), _) => Self::Command(u8::try_from(code).unwrap_or(1)),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Failed,
        }
    }
}
