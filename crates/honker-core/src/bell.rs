//! How the process wakes an observer thread, and how such a thread is started.
//!
//! One file a platform, each with the same two types: a [`Bell`], rung by anybody, and an [`Ear`], which stays on the
//! thread and is waited for by [`Waiter`](crate::thread::wait::Waiter).

#[cfg(target_os = "linux")]
#[path = "bell/eventfd.rs"]
mod platform;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "bell/pipe.rs"]
mod platform;
#[cfg(windows)]
#[path = "bell/event.rs"]
mod platform;

pub(crate) use platform::{Bell, Ear, pair};
use std::io;

/// What a thread that watches begins with.
pub(crate) struct Started {
    pub(crate) ear: Ear,
    /// Whether closing a file here drops no lock of the process.
    pub(crate) private: bool,
}

/// Starts a thread that may open and close SQLite's files, as far as the system allows that. `refuse` is for tests: it
/// acts as if the kernel had refused a descriptor table of its own.
#[cfg(unix)]
pub(crate) fn spawn(
    name: &str,
    ear: Ear,
    refuse: bool,
    body: impl FnOnce(Started) + Send + 'static,
) -> io::Result<()> {
    honker_descriptor_table::spawn(name, ear.into(), refuse, move |inherited| {
        body(Started {
            ear: inherited.descriptor.into(),
            private: inherited.private,
        });
    })
    .map(drop)
}

/// Locks belong to handles on Windows: closing one drops only its own.
#[cfg(windows)]
pub(crate) fn spawn(
    name: &str,
    ear: Ear,
    _refuse: bool,
    body: impl FnOnce(Started) + Send + 'static,
) -> io::Result<()> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread
        .spawn(move || body(Started { ear, private: true }))
        .map(drop)
}
