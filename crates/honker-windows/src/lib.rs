//! What honker needs of Windows and the standard library does not offer.
//!
//! - `Event`, `Timer` and `wait`: a thread that waits for a ring, for changes, or for a time finer than the 16 ms
//!   of a time-out.
//! - `Changes`: `ReadDirectoryChangesW`, without a thread of its own.
//! - `Information`, `Attributes` and `Volume`: which file this is, how large, how old, and where it lies.
//! - `Process` and `Job`: a child, what it has started, and the end of both.
//! - `on_console_events`: Ctrl-C and the like.
//! - `performance_counter`: a clock that all processes share.
//!
//! This crate is separate so that its `unsafe` (calls of the system without a safe wrapper) stands alone, beside the
//! reasons why it is sound. It is empty on other systems.
//!
//! ```
//! # #[cfg(windows)] {
//! use honker_windows::{Event, Timer, wait};
//! use std::time::Duration;
//!
//! let bell = Event::new()?;
//! bell.set();
//! let timer = Timer::new()?;
//! assert!(wait(&bell, None, Some(&timer), Some(Duration::from_secs(1))).rung);
//! # }
//! # Ok::<(), std::io::Error>(())
//! ```
#![cfg(windows)]
// Every call here is one of the system, on handles and buffers that this crate owns.
#![allow(unsafe_code)]

mod changes;
mod clock;
mod console;
mod information;
mod process;
mod volume;
mod waiting;

pub use changes::{Action, Changes, Told};
pub use clock::performance_counter;
pub use console::on_console_events;
pub use information::{Attributes, Information};
pub use process::{Job, Process};
pub use volume::Volume;
pub use waiting::{Event, Timer, Woken, processor_time_of_thread, wait};

use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::path::Path;
use windows_sys::Win32::Foundation::HANDLE;

/// A handle that the system has just made, or what it says of why it has not.
fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just made it, and nobody else has it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// What the system says of why it has not.
fn checked(result: i32) -> io::Result<()> {
    if result == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// As the system takes it: UTF-16 and a NUL.
fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain([0]).collect()
}
