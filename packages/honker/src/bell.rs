//! How honker's delivery thread wakes somebody who waits on a descriptor: an event loop, or the main thread, which has
//! to see Ctrl-C too.
//!
//! Ringing takes no GIL and never blocks: a push to a list, and one byte if the list was empty.

use pyo3::prelude::*;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// A descriptor that becomes readable when one of several subscriptions has news.
#[pyclass(frozen, module = "honker._honker")]
pub(crate) struct Bell {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    hears: UnixStream,
    rings: UnixStream,
    /// Who has news, by the numbers that they chose. Each is there once for each time it began to wait.
    rung: Mutex<Vec<u64>>,
}

/// One who waits.
pub(crate) struct Ringer {
    bell: Arc<Shared>,
    number: u64,
}

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        self.bell.ring(self.number);
    }
}

impl Shared {
    fn ring(&self, number: u64) {
        let mut rung = self.rung();
        rung.push(number);
        let is_first = rung.len() == 1;
        drop(rung);
        if is_first {
            self.sound();
        }
    }

    fn sound(&self) {
        // Full means that it is readable already.
        let _ = (&self.rings).write(&[1]);
    }

    /// Who has rung. From here on a ring makes the descriptor readable again.
    fn drain(&self) -> Vec<u64> {
        let mut bytes = [0; 64];
        while match (&self.hears).read(&mut bytes) {
            Ok(read) => read == bytes.len(),
            Err(error) => error.kind() == ErrorKind::Interrupted,
        } {}
        std::mem::take(&mut *self.rung())
    }

    fn rung(&self) -> MutexGuard<'_, Vec<u64>> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bell {
    /// The waker of the one with this number.
    pub(crate) fn ringer(&self, number: u64) -> Arc<Ringer> {
        Arc::new(Ringer {
            bell: Arc::clone(&self.shared),
            number,
        })
    }

    pub(crate) fn hears(&self) -> &UnixStream {
        &self.shared.hears
    }
}

#[pymethods]
impl Bell {
    #[new]
    fn new() -> PyResult<Self> {
        let (hears, rings) = UnixStream::pair()?;
        hears.set_nonblocking(true)?;
        rings.set_nonblocking(true)?;
        Ok(Self {
            shared: Arc::new(Shared {
                hears,
                rings,
                rung: Mutex::new(Vec::new()),
            }),
        })
    }

    /// The descriptor that becomes readable.
    fn fileno(&self) -> RawFd {
        self.shared.hears.as_raw_fd()
    }

    /// The descriptor that makes it so, for `signal.set_wakeup_fd`.
    fn ringing_fileno(&self) -> RawFd {
        self.shared.rings.as_raw_fd()
    }

    /// The numbers of those who have news.
    pub(crate) fn drain(&self) -> Vec<u64> {
        self.shared.drain()
    }

    /// Makes the descriptor readable.
    fn sound(&self) {
        self.shared.sound();
    }

    /// Blocks until it is readable. Not on the main thread: it does not see Ctrl-C.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| {
            let hears = self.hears();
            let mut fds = [rustix::event::PollFd::new(
                hears,
                rustix::event::PollFlags::IN,
            )];
            rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, None))
        })
        .map_err(std::io::Error::from)?;
        Ok(())
    }
}
