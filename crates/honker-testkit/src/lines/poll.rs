//! A pipe that is polled.

use super::NoLine;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// What lines can be read from.
pub trait Readable: Read + AsFd {}

impl<R: Read + AsFd> Readable for R {}

#[derive(Debug)]
pub(super) struct Pipe<R>(R);

impl<R: Readable> Pipe<R> {
    pub(super) fn new(pipe: R) -> Self {
        Self(pipe)
    }

    /// Waits for more bytes and takes what is there.
    pub(super) fn read(&mut self, deadline: Instant, into: &mut Vec<u8>) -> Result<(), NoLine> {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that the last part of a millisecond is waited for and not spun.
        let timeout =
            PollTimeout::try_from(left + Duration::from_micros(999)).unwrap_or(PollTimeout::MAX);
        let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut polled, timeout) {
            Ok(0) => return Err(NoLine::Late),
            Ok(_) => {}
            Err(nix::errno::Errno::EINTR) => return Ok(()),
            Err(error) => panic!("poll failed: {error}"),
        }
        let mut bytes = [0; 8192];
        match self.0.read(&mut bytes) {
            Ok(0) => Err(NoLine::Ended),
            Ok(n) => {
                into.extend_from_slice(&bytes[..n]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => panic!("can't read from the other process: {error}"),
        }
    }
}
