//! Reading lines from another process, with a deadline; on Unix without a thread (tests count the threads of their own
//! process).

#[cfg(unix)]
#[path = "lines/poll.rs"]
mod pipe;
#[cfg(windows)]
#[path = "lines/thread.rs"]
mod pipe;

use pipe::Pipe;
pub use pipe::Readable;
use std::time::{Duration, Instant};

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
    pipe: Pipe<R>,
    pending: Vec<u8>,
}

impl<R: Readable> Lines<R> {
    /// Lines of this pipe, which has just been opened.
    pub fn new(pipe: R) -> Self {
        Self {
            pipe: Pipe::new(pipe),
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
            self.pipe.read(deadline, &mut self.pending)?;
        }
    }
}
