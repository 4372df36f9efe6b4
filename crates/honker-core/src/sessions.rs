//! How many sessions of a WAL database have begun.

#[cfg(target_os = "linux")]
#[path = "sessions/inotify.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "sessions/unknown.rs"]
mod platform;

#[cfg(unix)]
pub(crate) use platform::SessionCount;
pub(crate) use platform::Sessions;
