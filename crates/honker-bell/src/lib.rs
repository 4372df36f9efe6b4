//! A descriptor that becomes readable when another thread says so: how the Python package and the C library wake who
//! waits on one. On Windows it is a socket, too: event loops there wait for nothing else.
//!
//! Sounding it never blocks, takes no lock and raises no signal.

#[cfg(unix)]
#[path = "unix.rs"]
mod sockets;
#[cfg(windows)]
#[path = "windows.rs"]
mod sockets;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use rustix::net::send;
use std::io::{self, ErrorKind, Read};

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
    hears: sockets::Socket,
    rings: sockets::Socket,
}

impl Pair {
    /// A pair that is quiet. Neither end is inherited by programs that are executed.
    ///
    /// # Errors
    ///
    /// The limit of open files is reached, most likely. On Windows, where the two are connected over the loopback
    /// address, that may be forbidden.
    pub fn new() -> io::Result<Self> {
        let (hears, rings) = sockets::pair()?;
        hears.set_nonblocking(true)?;
        rings.set_nonblocking(true)?;
        Ok(Self { hears, rings })
    }

    /// The end that becomes readable.
    #[must_use]
    pub fn hears(&self) -> BorrowedFd<'_> {
        self.hears.as_fd()
    }

    /// The number of the end that becomes readable, as C and Python count it.
    #[must_use]
    pub fn number(&self) -> i64 {
        sockets::number(self.hears())
    }

    /// The number of the end that makes the other one readable.
    #[must_use]
    pub fn ringing_number(&self) -> i64 {
        sockets::number(self.rings.as_fd())
    }

    /// Makes it readable.
    pub fn sound(&self) {
        // Full means that it is readable already. Zero, because no signal has that number.
        let sounded = || send(&self.rings, &[0], sockets::NO_SIGNAL);
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
