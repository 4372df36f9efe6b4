//! Start a thread that owns its file descriptors.
//!
//! POSIX record locks belong to the owner of a *descriptor table*, which is normally the whole process: `close()`
//! of **any** descriptor of a file drops every lock that the process holds on that file (fcntl(2), "Advisory record
//! locking"). A library that opens and closes a SQLite database therefore takes away the locks of the SQLite that
//! its host uses.
//!
//! On Linux a thread can leave the shared table. [`spawn`] starts a thread whose first act is
//! `close_range(…, CLOSE_RANGE_UNSHARE)`, or `unshare(CLONE_FILES)` where that is refused. From then on the kernel
//! treats it as another owner of locks: what it opens and closes cannot drop a lock of the host, and what the host
//! closes is closed (the thread's table holds no copies).
//!
//! The thread takes exactly one descriptor along, which is how the rest of the process can wake it.
//!
//! This crate is separate so that its `unsafe` (three system calls without a safe wrapper) stands alone, beside the
//! reason why it is sound.
//!
//! ```
//! use std::fs::File;
//! use std::os::fd::OwnedFd;
//!
//! let keep: OwnedFd = File::open("/dev/null")?.into();
//! let thread = honker_descriptor_table::spawn("observer", keep, false, |inherited| {
//!     // On Linux, unless a seccomp profile refuses both calls:
//!     let _private: bool = inherited.private;
//! })?;
//! thread.join().ok();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What the thread must not do
//!
//! It must not use descriptors of the rest of the process: those numbers mean nothing, or something else, there. In
//! particular it must not run foreign code (wakers, loggers, panic hooks), and it must not start threads, which would
//! share its table instead of the host's.
#![cfg(unix)]

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod split;
#[cfg(not(target_os = "linux"))]
#[path = "shared.rs"]
mod split;

use nix::sys::signal::{SigSet, Signal};
use std::io;
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;

/// What a thread started by [`spawn`] begins with.
#[derive(Debug)]
pub struct Inherited {
    /// The descriptor that was passed to [`spawn`], now owned by the new thread (in its own table, where it has one).
    pub descriptor: OwnedFd,
    /// Whether the thread has a descriptor table of its own. If not, closing a descriptor of a file drops the locks
    /// that the process holds on it, and the thread has to keep such descriptors open.
    pub private: bool,
}

/// Starts a thread with a descriptor table of its own that holds `descriptor` and nothing else (numbers 0 to 2 are
/// filled with unconnected event descriptors, so that no file is ever opened as "standard error"). No signal is handled
/// on it.
///
/// `refuse` is for tests: it acts as if the kernel had refused the private table.
///
/// # Errors
///
/// What [`std::thread::Builder::spawn`] reports, as when the process may not start another thread.
pub fn spawn<F>(
    name: &str,
    descriptor: OwnedFd,
    refuse: bool,
    body: F,
) -> io::Result<JoinHandle<()>>
where
    F: FnOnce(Inherited) + Send + 'static,
{
    // The new thread inherits the mask: a handler is foreign code, and one that writes to a pipe of the host, as
    // signal-hook's, Python's and libuv's do, would write into nothing there.
    let before = SigSet::thread_get_mask()?;
    blockable().thread_block()?;
    let thread = split::spawn(name, descriptor, refuse, body);
    before.thread_set_mask()?;
    thread
}

/// Every signal but those that a fault of the thread itself raises.
fn blockable() -> SigSet {
    let mut signals = SigSet::all();
    for fault in [
        Signal::SIGSEGV,
        Signal::SIGBUS,
        Signal::SIGILL,
        Signal::SIGFPE,
        Signal::SIGTRAP,
        Signal::SIGABRT,
    ] {
        signals.remove(fault);
    }
    signals
}
