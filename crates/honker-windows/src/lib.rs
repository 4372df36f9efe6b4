//! What honker needs of Windows and the standard library does not offer.
//!
//! - `Event`, `Timer` and `wait`: a thread that waits for a ring, for changes, or for a time finer than the 16 ms
//!   of a time-out.
//! - `Changes`: `ReadDirectoryChangesW`, without a thread of its own.
//! - `Information`, `Attributes` and `Volume`: which file this is, how large, how old, and where it lies.
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
mod information;
mod volume;
mod waiting;

pub use changes::{Action, Changes, Told};
pub use information::{Attributes, Information};
pub use volume::Volume;
pub use waiting::{Event, Timer, Woken, processor_time_of_thread, wait};

use std::os::windows::ffi::OsStrExt;
use std::path::Path;

/// As the system takes it: UTF-16 and a NUL.
fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain([0]).collect()
}
