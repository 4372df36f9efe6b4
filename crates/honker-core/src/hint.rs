//! Hints of the operating system: "maybe this database". Never the truth, only where to look.
//!
//! One file a platform, each with a type `Hints` that has the same methods: `new`, `watch_names`, `watch_file`,
//! `forget`, `drain`, and what [`Waiter`](crate::thread::wait::Waiter) waits for.

#[cfg(target_os = "linux")]
mod inotify;
#[cfg(all(unix, not(target_os = "linux")))]
mod kqueue;
#[cfg(all(unix, any(test, not(target_os = "linux"))))]
mod listing;
mod names;
#[cfg(windows)]
mod read_changes;

#[cfg(all(target_os = "linux", feature = "test-hooks"))]
pub(crate) use inotify::replayed;
#[cfg(target_os = "linux")]
pub(crate) use inotify::{Hints, SOURCE, Watch, limit_reached};
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) use kqueue::{Hints, SOURCE, Watch, limit_reached};
#[cfg(windows)]
pub(crate) use read_changes::{Hints, SOURCE, Watch, limit_reached};

/// Which of a database's names an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Database,
    Journal,
    Wal,
    WalIndex,
}

/// What an event hints at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint<Id> {
    /// The content of one of its files changed.
    Written(Id),
    /// One of its names appeared.
    Appeared(Id, Name),
    /// One of its names went away.
    Vanished(Id, Name),
    /// The queue overflowed: anything may have happened to every database.
    #[cfg_attr(
        all(unix, not(target_os = "linux")),
        expect(dead_code, reason = "a kqueue merges events and loses none")
    )]
    Overflow,
}
