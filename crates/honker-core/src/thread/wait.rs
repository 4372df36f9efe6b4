//! What the observer thread waits for: its bell, events of files, or the earliest deadline.
//!
//! One type a platform, with the same method.

#[cfg(target_os = "linux")]
#[path = "wait/poll.rs"]
mod platform;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "wait/kqueue.rs"]
mod platform;
#[cfg(windows)]
#[path = "wait/objects.rs"]
mod platform;

pub(crate) use platform::Waiter;

/// What ended a wait. Neither: the deadline, or nothing at all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Woken {
    /// There may be requests.
    pub(crate) rung: bool,
    /// There may be hints.
    pub(crate) hinted: bool,
}
