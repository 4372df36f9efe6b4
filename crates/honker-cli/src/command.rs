//! Running the user's command.

use crate::exit::{Exit, Failure};
use crate::watch::Batch;
use rustix::fs::Access;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
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
    pub(crate) fn check(&self) -> Result<(), Failure> {
        find(&self.program).map_err(|error| self.cannot_start(&error))
    }

    /// Starts it, and calls `ended` when it has ended and can be reaped.
    ///
    /// It gets a process group of its own: Ctrl-C reaches it once, from here, and also what it started.
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
            .stdin(Stdio::null())
            .process_group(0);
        if let Some(position) = position {
            command.env("HONKER_POSITION", position);
        }
        let child = command.spawn().map_err(|error| self.cannot_start(&error))?;
        let running = Running {
            pid: Pid::from_child(&child),
            child,
        };
        let pid = running.pid;
        let waiting = thread::Builder::new()
            .name("honker-command".to_owned())
            .spawn(move || {
                wait_without_reaping(pid);
                ended();
            });
        if let Err(error) = waiting {
            running.signal(Signal::KILL);
            running.reap()?;
            return Err(self.cannot_start(&error));
        }
        Ok(running)
    }

    fn cannot_start(&self, error: &io::Error) -> Failure {
        let program = &self.program;
        if error.kind() == io::ErrorKind::NotFound {
            let message = format!(
                "cannot run {program:?}: not found. Check its name and PATH; for shell syntax use sh -c '...'"
            );
            return Failure::new(Exit::NoSuchCommand, message);
        }
        let message =
            format!("cannot run {program:?}: {error}. Check that it is an executable file");
        Failure::new(Exit::CannotRun, message)
    }
}

/// Looks for a program as execvp(3) does.
fn find(program: &OsStr) -> io::Result<()> {
    if program.as_bytes().contains(&b'/') {
        return is_executable(Path::new(program));
    }
    let mut found = Err(io::ErrorKind::NotFound.into());
    if program.is_empty() {
        return found;
    }
    let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    for directory in env::split_paths(&path) {
        match is_executable(&directory.join(program)) {
            Ok(()) => return Ok(()),
            // There may be another one further on.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => found = Err(error),
            Err(_) => {}
        }
    }
    found
}

fn is_executable(path: &Path) -> io::Result<()> {
    if !path.metadata()?.is_file() {
        return Err(Errno::ACCESS.into());
    }
    Ok(rustix::fs::access(path, Access::EXEC_OK)?)
}

/// A run that has not been reaped yet.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pid: Pid,
}

impl Running {
    /// Sends a signal to the command and what it started. Until [`reap`](Self::reap) its number is its own, so this
    /// reaches nobody else.
    pub(crate) fn signal(&self, signal: Signal) {
        // Fails only if all of them have ended.
        let _ = kill_process_group(self.pid, signal);
    }

    /// Takes the status of a command that has ended.
    pub(crate) fn reap(mut self) -> Result<ExitStatus, Failure> {
        self.child.wait().map_err(|error| {
            let message = format!("cannot wait for the command: {error}. Run honker without CMD");
            Failure::new(Exit::Failed, message)
        })
    }
}

impl Exit {
    /// The code of a command that ended by itself; 128 + n if signal n ended it, as shells report it.
    pub(crate) fn of_command(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Command(u8::try_from(code).unwrap_or(1)),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Failed,
        }
    }
}

fn wait_without_reaping(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(pid), options), Err(Errno::INTR)) {}
}
