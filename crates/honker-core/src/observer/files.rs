//! The evidence in the real files: one file a platform, each with a type `Files` that has the same methods.

#[cfg(any(test, not(target_os = "linux")))]
mod reliance;
#[cfg(any(test, windows))]
mod restraint;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use super::conflict::SEES_OWN_PROCESS as SEES_EVERY_LOCK;
use std::error::Error;
use std::fmt;
use std::io;
#[cfg(unix)]
pub(crate) use unix::Files;
#[cfg(windows)]
pub(crate) use windows::{Files, SEES_EVERY_LOCK};

/// Why a path that leads to something is not opened: a FIFO or a device may react to that.
#[derive(Debug)]
struct NotRegular;

impl fmt::Display for NotRegular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a regular file")
    }
}

impl Error for NotRegular {}

pub(crate) fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, NotRegular)
}

pub(crate) fn is_not_regular(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn Error + Send + Sync>::is::<NotRegular>)
}
