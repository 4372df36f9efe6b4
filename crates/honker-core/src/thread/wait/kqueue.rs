//! A kqueue of the bell and the kqueue of hints: `poll` waits for whole milliseconds on macOS.

use super::Woken;
use crate::bell::Ear;
use crate::hint::Hints;
use nix::libc::timespec;
use nix::sys::event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use std::hash::Hash;
use std::time::Duration;

/// `None`: the process had no descriptor left for it. Then it waits a little each time, and looks at everything.
#[derive(Debug)]
pub(crate) struct Waiter(Option<Kqueue>);

const WITHOUT: Duration = Duration::from_millis(1);

impl Waiter {
    pub(crate) fn new(_: &Ear) -> Self {
        Self(Kqueue::new().ok())
    }

    pub(crate) fn wait<Id: Copy + Eq + Hash>(
        &self,
        ear: &Ear,
        hints: Option<&Hints<Id>>,
        timeout: Option<Duration>,
    ) -> Woken {
        let Some(kqueue) = &self.0 else {
            std::thread::sleep(timeout.unwrap_or(WITHOUT).min(WITHOUT));
            return Woken {
                rung: true,
                hinted: hints.is_some(),
            };
        };
        // To add what is there already changes nothing.
        let bell = readable(ear.as_fd());
        let mut changes = [bell; 2];
        let count = match hints {
            Some(hints) => {
                changes[1] = readable(hints.as_fd());
                2
            }
            None => 1,
        };
        let mut events = [bell; 2];
        let found = kqueue.kevent(&changes[..count], &mut events, timeout.map(spec));
        // Interrupted: nothing to see, and the loop waits again for the rest.
        let found = &events[..found.unwrap_or(0)];
        let is_ready = |change: &KEvent| found.iter().any(|event| event.ident() == change.ident());
        Woken {
            rung: is_ready(&changes[0]),
            hinted: count == 2 && is_ready(&changes[1]),
        }
    }
}

fn readable(descriptor: BorrowedFd<'_>) -> KEvent {
    KEvent::new(
        usize::try_from(descriptor.as_raw_fd()).unwrap_or(usize::MAX),
        EventFilter::EVFILT_READ,
        EvFlags::EV_ADD,
        FilterFlag::empty(),
        0,
        0,
    )
}

fn spec(wait: Duration) -> timespec {
    timespec {
        // A day: the loop waits again.
        tv_sec: i64::try_from(wait.as_secs()).unwrap_or(86_400).min(86_400),
        tv_nsec: i64::from(wait.subsec_nanos()),
    }
}
