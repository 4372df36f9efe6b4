//! Reading lines from another process, with a deadline and without a thread
//! (tests count the threads of their own process).

use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Why there is no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLine {
    /// The other side closed the pipe; the process has ended or is about to.
    Ended,
    /// Nothing came in time.
    Late,
}

/// Lines from a pipe.
#[derive(Debug)]
pub struct Lines<R> {
    pipe: R,
    pending: Vec<u8>,
}

impl<R: Read + AsFd> Lines<R> {
    /// Lines of this pipe, which has just been opened.
    pub fn new(pipe: R) -> Self {
        Self {
            pipe,
            pending: Vec::new(),
        }
    }

    /// The next line, without its end.
    pub fn next(&mut self, within: Duration) -> Result<String, NoLine> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.fill(deadline)?;
        }
    }

    /// Waits for more bytes and takes what is there.
    fn fill(&mut self, deadline: Instant) -> Result<(), NoLine> {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that the last part of a millisecond is waited for and not spun.
        let timeout =
            PollTimeout::try_from(left + Duration::from_micros(999)).unwrap_or(PollTimeout::MAX);
        let mut polled = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        match poll(&mut polled, timeout) {
            Ok(0) => return Err(NoLine::Late),
            Ok(_) => {}
            Err(nix::errno::Errno::EINTR) => return Ok(()),
            Err(error) => panic!("poll failed: {error}"),
        }
        let mut bytes = [0; 8192];
        match self.pipe.read(&mut bytes) {
            Ok(0) => Err(NoLine::Ended),
            Ok(n) => {
                self.pending.extend_from_slice(&bytes[..n]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => panic!("can't read from the other process: {error}"),
        }
    }
}
