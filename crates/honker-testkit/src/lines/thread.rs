//! A pipe that a thread reads: pipes of Windows can't be waited for with a deadline.

use super::NoLine;
use std::io::Read;
use std::marker::PhantomData;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

/// What lines can be read from.
pub trait Readable: Read + Send + 'static {}

impl<R: Read + Send + 'static> Readable for R {}

#[derive(Debug)]
pub(super) struct Pipe<R> {
    chunks: Receiver<Vec<u8>>,
    of: PhantomData<R>,
}

impl<R: Readable> Pipe<R> {
    pub(super) fn new(mut pipe: R) -> Self {
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            // Until the other side has closed it, or nobody reads here any more.
            while let Ok(n @ 1..) = pipe.read(&mut bytes)
                && sender.send(bytes[..n].to_vec()).is_ok()
            {}
        });
        Self {
            chunks,
            of: PhantomData,
        }
    }

    /// Waits for more bytes and takes what is there.
    pub(super) fn read(&mut self, deadline: Instant, into: &mut Vec<u8>) -> Result<(), NoLine> {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.chunks.recv_timeout(left) {
            Ok(bytes) => {
                into.extend_from_slice(&bytes);
                Ok(())
            }
            Err(RecvTimeoutError::Timeout) => Err(NoLine::Late),
            Err(RecvTimeoutError::Disconnected) => Err(NoLine::Ended),
        }
    }
}
