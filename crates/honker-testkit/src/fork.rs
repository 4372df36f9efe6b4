//! A child process made by `fork` without `exec`: it has a copy of everything, but of the threads only the caller's.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork as sys_fork};

use crate::wait::wait_for;

/// What a child says about where it is.
#[derive(Debug)]
pub struct Steps(PipeWriter);

impl Steps {
    /// Says what comes next, so that a child that hangs can be asked what it was doing.
    pub fn at(&mut self, step: &str) {
        let _ = writeln!(self.0, "{step}");
    }
}

/// A child made by [`fork`]. Dropping it kills it.
#[derive(Debug)]
pub struct Forked {
    child: Pid,
    steps: PipeReader,
    ended: bool,
}

/// Runs `body` in a child made by `fork`, which then ends without running any destructor.
///
/// The child may use what does not wait for other threads of the parent: they do not exist there. So no
/// `println!`, whose lock one of them may hold; what went wrong is returned instead.
pub fn fork(body: impl FnOnce(&mut Steps) -> Result<(), String>) -> Forked {
    let (steps, writing) = pipe().expect("a pipe");
    // Children of other threads may have inherited the writing end: its closing says nothing.
    fcntl(&steps, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
        .expect("a pipe can be asked without waiting");
    // SAFETY: the child runs `body` alone, on a copy of this stack. That is sound as far as it touches nothing that
    // another thread was changing at this moment, which is what its callers test; glibc keeps its own heap and
    // threads usable in such a child.
    #[allow(unsafe_code)]
    match unsafe { sys_fork() }.expect("a child") {
        ForkResult::Parent { child } => Forked {
            child,
            steps,
            ended: false,
        },
        ForkResult::Child => {
            let mut steps = Steps(writing);
            let result = catch_unwind(AssertUnwindSafe(|| body(&mut steps)));
            let result = result.unwrap_or_else(|_| Err("it panicked".to_owned()));
            if let Err(why) = &result {
                steps.at(&format!("failed: {why}"));
            }
            // SAFETY: ends this process at once, with nothing to be sound for afterwards. Running the parent's
            // exit handlers here would not be.
            #[allow(unsafe_code)]
            unsafe {
                nix::libc::_exit(i32::from(result.is_err()))
            }
        }
    }
}

impl Forked {
    /// Waits for the child's end.
    ///
    /// # Errors
    /// What it was doing, if it hangs, failed or died.
    pub fn finish(mut self, within: Duration) -> Result<(), String> {
        let status = wait_for(within, || {
            match waitpid(self.child, Some(WaitPidFlag::WNOHANG)).expect("it is a child") {
                WaitStatus::StillAlive => None,
                status => Some(status),
            }
        });
        self.ended = status.is_some();
        match status {
            Some(WaitStatus::Exited(_, 0)) => Ok(()),
            Some(status) => Err(format!("{status:?} after {}", self.last_step())),
            None => Err(format!("hangs at {}", self.last_step())),
        }
    }

    fn last_step(&mut self) -> String {
        let mut said = Vec::new();
        // Ends with "would block" where somebody else still holds the other end.
        let _ = self.steps.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        format!("{:?}", said.lines().last().unwrap_or("the very beginning"))
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        if !self.ended {
            let _ = kill(self.child, Signal::SIGKILL);
            let _ = waitpid(self.child, None);
        }
    }
}
