//! One subscription: waited for by a thread, by the main thread, or by an event loop.

use crate::bell::Bell;
use crate::error::{Error, raise_end};
use crate::seconds::duration;
use crate::update::Update;
use honker_core::{Closer, RecvError, UpdateEvents};
use pyo3::prelude::*;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A subscription, as `honker.UpdateEvents` has one.
#[pyclass(frozen, module = "honker._honker")]
pub(crate) struct Subscription {
    /// `None` while somebody waits for it.
    events: Mutex<Option<UpdateEvents>>,
    closer: Closer,
}

/// The events, for the one who waits: they come back however the waiting ends.
struct Turn<'a> {
    subscription: &'a Subscription,
    events: Option<UpdateEvents>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.subscription.events() = self.events.take();
    }
}

impl Subscription {
    pub(crate) fn new(events: UpdateEvents) -> Self {
        Self {
            closer: events.closer(),
            events: Mutex::new(Some(events)),
        }
    }

    fn events(&self) -> MutexGuard<'_, Option<UpdateEvents>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `wait` with the events, and without the GIL's holder being needed for anything.
    fn with<T>(&self, wait: impl FnOnce(&mut UpdateEvents) -> T) -> PyResult<T> {
        let taken = self.events().take();
        let mut turn = Turn {
            subscription: self,
            events: taken,
        };
        match &mut turn.events {
            Some(events) => Ok(wait(events)),
            None => {
                // Whoever waits will put them back.
                std::mem::forget(turn);
                Err(Error::new_err(
                    "another thread or task is already waiting for this subscription. Subscribe with \
                     Database.update_events() once for each that waits: every subscription gets every wake",
                ))
            }
        }
    }
}

fn deadline(timeout: Option<f64>) -> PyResult<Option<Instant>> {
    let timeout = timeout
        .map(|seconds| duration("timeout", seconds))
        .transpose()?;
    // A time beyond the clock's end never comes.
    Ok(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
}

fn converted(
    py: Python<'_>,
    received: Result<Option<honker_core::Update>, RecvError>,
) -> PyResult<Option<Update>> {
    match received {
        Ok(update) => Ok(update.map(Update::from)),
        Err(error) => Err(raise_end(py, &error)),
    }
}

#[pymethods]
impl Subscription {
    /// Waits, on any thread but the main one. `None`: the time is over.
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Update>> {
        let deadline = deadline(timeout)?;
        let received = py.detach(|| {
            self.with(|events| match deadline {
                None if timeout.is_none() => events.recv().map(Some),
                None => events.recv_timeout(Duration::MAX),
                Some(deadline) => {
                    events.recv_timeout(deadline.saturating_duration_since(Instant::now()))
                }
            })
        })?;
        converted(py, received)
    }

    /// Waits on the main thread. A signal has to make the bell's descriptor readable: Python's handlers run here.
    fn wait_on(
        &self,
        py: Python<'_>,
        bell: &Bell,
        timeout: Option<f64>,
    ) -> PyResult<Option<Update>> {
        let deadline = deadline(timeout)?;
        let waker = Waker::from(bell.ringer(0));
        self.with(|events| {
            loop {
                match events.poll_recv(&mut Context::from_waker(&waker)) {
                    Poll::Ready(received) => return converted(py, received.map(Some)),
                    Poll::Pending => {}
                }
                let waited = py.check_signals().and_then(|()| {
                    let left =
                        deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                    if left.is_some_and(|left| left.is_zero()) {
                        return Ok(false);
                    }
                    py.detach(|| sleep(bell, left))?;
                    bell.drain();
                    Ok(true)
                });
                if !matches!(waited, Ok(true)) {
                    events.cancel_poll();
                    return waited.map(|_| None);
                }
            }
        })?
    }

    /// Takes what is there, or has `bell` rung with `number` when there is something.
    fn poll(&self, py: Python<'_>, bell: &Bell, number: u64) -> PyResult<Option<Update>> {
        let waker = Waker::from(bell.ringer(number));
        let polled = self.with(|events| events.poll_recv(&mut Context::from_waker(&waker)))?;
        match polled {
            Poll::Ready(received) => converted(py, received.map(Some)),
            Poll::Pending => Ok(None),
        }
    }

    /// Takes the last `poll` back.
    fn cancel_poll(&self) {
        if let Some(events) = &mut *self.events() {
            events.cancel_poll();
        }
    }

    /// Ends it, whoever waits.
    fn close(&self) {
        self.closer.close();
    }
}

fn sleep(bell: &Bell, left: Option<Duration>) -> std::io::Result<()> {
    let timeout = left.map(|left| Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(left.subsec_nanos()),
    });
    let mut fds = [PollFd::new(bell.hears(), PollFlags::IN)];
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
