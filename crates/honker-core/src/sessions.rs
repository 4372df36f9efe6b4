//! How many sessions of a WAL database have begun.

#[cfg(any(target_os = "linux", test))]
mod begun;

#[cfg(target_os = "linux")]
#[path = "sessions/inotify.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "sessions/unknown.rs"]
mod platform;

#[cfg(any(target_os = "linux", test))]
pub(crate) use begun::Begun;
#[cfg(unix)]
pub(crate) use platform::SessionCount;
pub(crate) use platform::Sessions;
