//! How many files this process may have open.

#[cfg(unix)]
#[path = "open_files/unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "open_files/windows.rs"]
mod platform;

pub(crate) use platform::limit_reached;
#[cfg(unix)]
pub(crate) use platform::{leave_some_free, with_room};
