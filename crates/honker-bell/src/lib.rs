//! A descriptor that becomes readable when another thread says so: how the Python package and the C library wake who
//! waits on one.
//!
//! Sounding it never blocks, takes no lock and raises no signal.
#![cfg(unix)]

use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::net::{SendFlags, send};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// Two sockets: what is written to one makes the other readable.
///
/// ```
/// let pair = honker_bell::Pair::new()?;
/// pair.sound();
/// pair.sound();
/// let mut heard = 0;
/// pair.quiet(|bytes| heard += bytes.len());
/// assert_eq!(heard, 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Pair {
    hears: UnixStream,
    rings: UnixStream,
}

impl Pair {
    /// A pair that is quiet. Neither end is inherited by programs that are executed.
    ///
    /// # Errors
    ///
    /// The limit of open files is reached, most likely.
    pub fn new() -> io::Result<Self> {
        let (hears, rings) = UnixStream::pair()?;
        hears.set_nonblocking(true)?;
        rings.set_nonblocking(true)?;
        Ok(Self {
            hears: above_standard(&hears)?,
            rings: above_standard(&rings)?,
        })
    }

    /// The end that becomes readable.
    #[must_use]
    pub fn hears(&self) -> BorrowedFd<'_> {
        self.hears.as_fd()
    }

    /// The end that makes the other one readable when something is written to it.
    #[must_use]
    pub fn rings(&self) -> BorrowedFd<'_> {
        self.rings.as_fd()
    }

    /// Makes it readable.
    pub fn sound(&self) {
        // Full means that it is readable already. Zero, because no signal has that number.
        let sounded = || send(&self.rings, &[0], NO_SIGNAL);
        while sounded() == Err(Errno::INTR) {}
    }

    /// Reads what made it readable, and shows it to `heard`.
    pub fn quiet(&self, mut heard: impl FnMut(&[u8])) {
        let mut bytes = [0; 64];
        loop {
            match (&self.hears).read(&mut bytes) {
                Ok(count) => {
                    heard(bytes.get(..count).unwrap_or_default());
                    if count < bytes.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}

/// Should the other end have been closed by mistake, no SIGPIPE ends the process for it. (Apple's sockets have an option
/// for that, which the standard library sets.)
#[cfg(not(target_vendor = "apple"))]
const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const NO_SIGNAL: SendFlags = SendFlags::empty();

/// The first free number may be that of a standard stream which the host has closed, and what it prints must not end up
/// here.
fn above_standard(socket: &UnixStream) -> io::Result<UnixStream> {
    let socket: OwnedFd = fcntl_dupfd_cloexec(socket, 3)?;
    Ok(socket.into())
}
