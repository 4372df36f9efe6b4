//! A process that a test started, and may stop, continue and kill.

#[cfg(unix)]
use std::fs;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

#[cfg(unix)]
use nix::sys::signal::{Signal, kill};
#[cfg(unix)]
use nix::unistd::Pid;

use crate::wait::wait_for;
#[cfg(unix)]
use crate::wait::{LONG, wait_until};

/// A child process. Dropping it kills and reaps it, so no test leaves one behind.
#[derive(Debug)]
pub struct Process {
    child: Child,
    ended: bool,
}

impl Process {
    /// Starts `command`.
    pub fn spawn(command: &mut Command) -> Self {
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
        Self {
            child,
            ended: false,
        }
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The child, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// SIGSTOP, and waits until every thread of the process has really stopped.
    #[cfg(unix)]
    pub fn stop(&self) {
        self.signal(Signal::SIGSTOP);
        assert!(
            wait_until(LONG, || self.is_stopped()),
            "process {} did not stop",
            self.pid()
        );
    }

    /// SIGCONT.
    #[cfg(unix)]
    pub fn cont(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// SIGKILL (it also ends a stopped process), and reaps it: afterwards its locks are gone.
    pub fn kill(&mut self) {
        if !self.ended {
            // Fails only if the process has already ended, which is what is wanted.
            let _ = self.child.kill();
            let _ = self.child.wait();
            self.ended = true;
        }
    }

    /// Waits for the process to end by itself.
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        let pid = self.pid();
        let status = wait_for(within, || {
            self.child.try_wait().expect("a child can be waited for")
        });
        let status = status.unwrap_or_else(|| panic!("process {pid} did not end"));
        self.ended = true;
        status
    }

    /// Whether all threads of the process are stopped.
    #[cfg(unix)]
    pub fn is_stopped(&self) -> bool {
        let states = thread_states(self.pid());
        !states.is_empty() && states.iter().all(|&state| state == 'T')
    }

    /// Whether the process has not ended yet.
    pub fn is_running(&mut self) -> bool {
        !self.ended && matches!(self.child.try_wait(), Ok(None))
    }

    #[cfg(unix)]
    fn signal(&self, signal: Signal) {
        assert!(!self.ended, "process {} has already ended", self.pid());
        let pid = i32::try_from(self.pid()).expect("process numbers fit");
        kill(Pid::from_raw(pid), signal)
            .unwrap_or_else(|error| panic!("can't send {signal} to {pid}: {error}"));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The state letters of all threads of a process.
#[cfg(unix)]
fn thread_states(pid: u32) -> Vec<char> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    tasks
        .flatten()
        .filter_map(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).ok()?;
            // The name in brackets may hold anything, also brackets: the state follows the last one.
            stat.rsplit_once(") ")?.1.chars().next()
        })
        .collect()
}
