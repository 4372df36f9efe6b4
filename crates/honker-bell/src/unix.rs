//! Two sockets that know only each other.

use rustix::io::fcntl_dupfd_cloexec;
use rustix::net::SendFlags;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

pub(crate) type Socket = UnixStream;

/// Should the other end have been closed by mistake, no SIGPIPE ends the process for it. (Apple's sockets have an option
/// for that, which the standard library sets.)
#[cfg(not(target_vendor = "apple"))]
pub(crate) const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
pub(crate) const NO_SIGNAL: SendFlags = SendFlags::empty();

pub(crate) fn pair() -> io::Result<(Socket, Socket)> {
    let (one, other) = UnixStream::pair()?;
    Ok((above_standard(&one)?, above_standard(&other)?))
}

/// The first free number may be that of a standard stream which the host has closed, and what it prints must not end up
/// here.
fn above_standard(socket: &UnixStream) -> io::Result<UnixStream> {
    let socket: OwnedFd = fcntl_dupfd_cloexec(socket, 3)?;
    Ok(socket.into())
}

pub(crate) fn number(end: BorrowedFd<'_>) -> i64 {
    end.as_raw_fd().into()
}
