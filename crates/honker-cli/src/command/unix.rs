//! Programs, process groups and signals.

use super::Stop;
use rustix::fs::Access;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

/// For who expects one.
pub(super) const SHELL: &str = "sh -c '...'";

/// Looks for a program as execvp(3) does.
pub(super) fn find(program: &OsStr) -> io::Result<OsString> {
    if program.as_bytes().contains(&b'/') {
        return is_executable(Path::new(program)).map(|()| program.to_owned());
    }
    let mut found = Err(io::ErrorKind::NotFound.into());
    if program.is_empty() {
        return found;
    }
    let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    for directory in env::split_paths(&path) {
        match is_executable(&directory.join(program)) {
            // It is called by the name that it was given.
            Ok(()) => return Ok(program.to_owned()),
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

pub(super) fn start(command: &mut Command) -> io::Result<(Child, Group)> {
    let child = command.process_group(0).spawn()?;
    let group = Group(Pid::from_child(&child));
    Ok((child, group))
}

/// A process group. Until its first process is reaped the number is its own, so that signals reach nobody else.
#[derive(Debug)]
pub(super) struct Group(Pid);

impl Group {
    pub(super) fn stop(&self, stop: Stop) {
        let signal = match stop {
            Stop::Ask(number) => Signal::from_named_raw(number),
            Stop::Kill => Some(Signal::KILL),
        };
        if let Some(signal) = signal {
            // Fails only if all of them have ended.
            let _ = kill_process_group(self.0, signal);
        }
    }

    pub(super) fn end(&self) -> End {
        End(self.0)
    }
}

/// The end of the first process.
pub(super) struct End(Pid);

impl End {
    /// Does not reap it.
    pub(super) fn wait(&self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(self.0), options), Err(Errno::INTR)) {}
    }
}

pub(super) fn signal_of(status: ExitStatus) -> Option<i32> {
    status.signal()
}
