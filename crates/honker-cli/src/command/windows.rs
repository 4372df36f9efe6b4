//! Programs, jobs and console events.

use super::Stop;
use honker_windows::{Job, Process};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, ExitStatus};

/// For who expects one.
pub(super) const SHELL: &str = "cmd /C \"...\"";

/// Looks for a program in PATH, also for `.cmd` and whatever else PATHEXT has. Where it is: otherwise only an `.exe` would start.
pub(super) fn find(program: &OsStr) -> io::Result<OsString> {
    match which::which(program) {
        Ok(path) => Ok(path.into()),
        Err(_) => Err(io::ErrorKind::NotFound.into()),
    }
}

pub(super) fn start(command: &mut Command) -> io::Result<(Child, Group)> {
    /// `CREATE_NEW_PROCESS_GROUP`: Ctrl-C reaches it from here only, as Ctrl-Break. (One that is pressed reaches it, too.)
    const NEW_GROUP: u32 = 0x200;
    let job = Job::new()?;
    let mut child = command.creation_flags(NEW_GROUP).spawn()?;
    // What it starts before that, in its first moment, stays outside.
    let joined = match job.add(&child) {
        // It was quick: there is nothing to end any more.
        Err(_) if matches!(child.try_wait(), Ok(Some(_))) => Ok(()),
        other => other,
    };
    match joined.and_then(|()| Process::of(&child)) {
        Ok(process) => Ok((child, Group { process, job })),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(error)
        }
    }
}

/// A process and all that it has started.
#[derive(Debug)]
pub(super) struct Group {
    process: Process,
    job: Job,
}

impl Group {
    pub(super) fn stop(&self, stop: Stop) {
        match stop {
            // Without a console it cannot be asked.
            Stop::Ask(_) if self.process.send_ctrl_break().is_ok() => {}
            Stop::Ask(_) | Stop::Kill => self.job.end(),
        }
    }

    pub(super) fn end(&self) -> End {
        End(self.process.clone())
    }
}

/// The end of the first process.
pub(super) struct End(Process);

impl End {
    pub(super) fn wait(&self) {
        self.0.wait();
    }
}

/// There are none.
pub(super) fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}
