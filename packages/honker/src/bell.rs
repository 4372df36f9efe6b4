//! How honker's delivery thread wakes somebody who waits on a descriptor: an event loop here, and the main thread, which
//! has to see Ctrl-C too, in [`main_thread`](crate::main_thread).
//!
//! Ringing takes no GIL and never blocks: a push to a list, and one byte if the list was empty.

use honker_bell::Pair;
use pyo3::prelude::*;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// A descriptor that becomes readable when one of several subscriptions has news.
#[pyclass(frozen, module = "honker._honker")]
pub(crate) struct Bell {
    shared: Arc<Shared>,
}

struct Shared {
    pair: Pair,
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
            self.pair.sound();
        }
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
}

#[pymethods]
impl Bell {
    #[new]
    fn new() -> PyResult<Self> {
        Ok(Self {
            shared: Arc::new(Shared {
                pair: Pair::new()?,
                rung: Mutex::new(Vec::new()),
            }),
        })
    }

    /// The descriptor that becomes readable; on Windows the socket.
    fn fileno(&self) -> i64 {
        self.shared.pair.number()
    }

    /// The numbers of those who have news. From here on a ring makes the descriptor readable again.
    fn drain(&self) -> Vec<u64> {
        self.shared.pair.quiet(|_| {});
        std::mem::take(&mut *self.shared.rung())
    }

    /// Makes the descriptor readable.
    fn sound(&self) {
        self.shared.pair.sound();
    }

    /// Blocks until it is readable. Not on the main thread: it does not see Ctrl-C.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| {
            let hears = self.shared.pair.hears();
            let mut fds = [rustix::event::PollFd::new(
                &hears,
                rustix::event::PollFlags::IN,
            )];
            rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, None))
        })
        .map_err(io::Error::from)?;
        Ok(())
    }
}
