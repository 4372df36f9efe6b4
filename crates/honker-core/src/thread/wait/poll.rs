//! `poll` of Linux, with time-outs of nanoseconds.

use super::Woken;
use crate::bell::Ear;
use crate::hint::Hints;
use rustix::event::{PollFd, PollFlags, Timespec};
use std::hash::Hash;
use std::num::NonZeroU64;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Waiter(());

impl Waiter {
    pub(crate) fn new(_: &Ear) -> Self {
        // Without this the kernel rounds every wait up by 50 us. Refused or not, the thread works.
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
        Self(())
    }

    #[expect(
        clippy::unused_self,
        reason = "the other platforms keep something to wait with"
    )]
    pub(crate) fn wait<Id: Copy + Eq + Hash>(
        &self,
        ear: &Ear,
        hints: Option<&Hints<Id>>,
        timeout: Option<Duration>,
    ) -> Woken {
        let timeout = timeout.map(|wait| Timespec {
            tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(wait.subsec_nanos()),
        });
        let bell = PollFd::new(ear, PollFlags::IN);
        let is_ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let waited = match hints {
            Some(hints) => {
                let mut fds = [bell, PollFd::new(hints, PollFlags::IN)];
                let waited = rustix::event::poll(&mut fds, timeout.as_ref());
                waited.map(|_| Woken {
                    rung: is_ready(&fds[0]),
                    hinted: is_ready(&fds[1]),
                })
            }
            None => {
                let mut fds = [bell];
                let waited = rustix::event::poll(&mut fds, timeout.as_ref());
                waited.map(|_| Woken {
                    rung: is_ready(&fds[0]),
                    hinted: false,
                })
            }
        };
        // Interrupted: nothing to see, and the loop waits again for the rest.
        waited.unwrap_or_default()
    }
}
