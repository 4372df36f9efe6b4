//! One subscription: waited for by a thread, by the main thread, or by an event loop.

use crate::bell::Bell;
use crate::error::{Error, raise_end};
use crate::main_thread;
use crate::seconds::duration;
use crate::update::Update;
use honker_core::{Closer, RecvError, UpdateEvents};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// A subscription, as `honker.UpdateEvents` has one.
#[pyclass(frozen, module = "honker._honker")]
pub(crate) struct Subscription {
    /// Locked only by who holds the GIL, so that a fork never finds it locked.
    place: Mutex<Place>,
    closer: Closer,
    closed: AtomicBool,
    process: u32,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let place = self.place.get_mut();
        let place = place.unwrap_or_else(PoisonError::into_inner);
        drop_detached(std::mem::replace(place, Place::Taken));
    }
}

/// Drops what may be the last of a watcher, which waits for the observer thread: without the GIL.
fn drop_detached<T: Send>(last: T) {
    // Where no interpreter is left to wait for, it is dropped all the same.
    let _ = Python::try_attach(|py| py.detach(|| drop(last)));
}

/// Where the one who waits is.
enum Place {
    Free(UpdateEvents),
    /// A task with this number waits.
    Polled(UpdateEvents, u64),
    /// A thread waits, and has the events meanwhile.
    Taken,
}

/// The events, for a thread that waits: they come back however the waiting ends.
struct Turn<'a> {
    subscription: &'a Subscription,
    events: Option<UpdateEvents>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(events) = self.events.take() {
            *self.subscription.place() = Place::Free(events);
        }
    }
}

impl Subscription {
    pub(crate) fn new(events: UpdateEvents) -> Self {
        Self {
            closer: events.closer(),
            place: Mutex::new(Place::Free(events)),
            closed: AtomicBool::new(false),
            process: std::process::id(),
        }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the events, if nobody else waits for them.
    fn turn(&self) -> PyResult<Turn<'_>> {
        let mut place = self.place();
        match std::mem::replace(&mut *place, Place::Taken) {
            Place::Free(events) => Ok(Turn {
                subscription: self,
                events: Some(events),
            }),
            other => {
                *place = other;
                if self.process != std::process::id() {
                    return Err(Error::new_err(
                        "this subscription belongs to the parent process, where somebody waits for it, and this is a \
                         child made by fork. Open the database again here",
                    ));
                }
                Err(Error::new_err(
                    "another thread or task is already waiting for this subscription. Subscribe with \
                     Database.update_events() once for each that waits: every subscription gets every wake",
                ))
            }
        }
    }

    /// The task with this number does not wait any more.
    fn let_go_of(&self, number: u64) {
        let mut place = self.place();
        *place = match std::mem::replace(&mut *place, Place::Taken) {
            Place::Polled(events, waiting) if waiting == number => Place::Free(events),
            other => other,
        };
    }
}

impl Turn<'_> {
    fn events(&mut self) -> PyResult<&mut UpdateEvents> {
        // A turn has its events until it is dropped.
        let events = self.events.as_mut();
        events.ok_or_else(|| Error::new_err("a defect of honker: please report it"))
    }
}

fn deadline(timeout: Option<f64>) -> PyResult<Option<Instant>> {
    let timeout = timeout
        .map(|seconds| duration("timeout", seconds))
        .transpose()?;
    // A time beyond the clock's end never comes.
    Ok(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
}

/// Waits without the GIL.
pub(crate) fn wait_detached(
    py: Python<'_>,
    events: &mut UpdateEvents,
    deadline: Option<Instant>,
) -> Result<Option<honker_core::Update>, RecvError> {
    py.detach(|| match deadline {
        None => events.recv().map(Some),
        Some(deadline) => events.recv_timeout(deadline.saturating_duration_since(Instant::now())),
    })
}

fn converted(
    py: Python<'_>,
    received: Result<Option<honker_core::Update>, RecvError>,
) -> PyResult<Option<Update>> {
    match received {
        Ok(update) => Ok(update.map(Update::from)),
        Err(error) => Err(raise_end(py, &error.into())),
    }
}

#[pymethods]
impl Subscription {
    /// Waits, on any thread but the main one. `None`: the time is over.
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Update>> {
        let deadline = deadline(timeout)?;
        let mut turn = self.turn()?;
        let received = wait_detached(py, turn.events()?, deadline);
        converted(py, received)
    }

    /// Waits on the main thread, and runs Python's signal handlers meanwhile.
    fn wait_on_the_main_thread(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
    ) -> PyResult<Option<Update>> {
        let deadline = deadline(timeout)?;
        let mut turn = self.turn()?;
        let received = main_thread::wait(py, turn.events()?, deadline)?;
        converted(py, received)
    }

    /// Takes what is there, or has `bell` rung with `number` when there is something. Until then nobody else may wait.
    fn poll(&self, py: Python<'_>, bell: &Bell, number: u64) -> PyResult<Option<Update>> {
        let waker = Waker::from(bell.ringer(number));
        self.let_go_of(number);
        let mut turn = self.turn()?;
        let Some(mut events) = turn.events.take() else {
            return Ok(None);
        };
        let polled = events.poll_recv(&mut Context::from_waker(&waker));
        let (place, received) = match polled {
            Poll::Ready(received) => (Place::Free(events), received.map(Some)),
            Poll::Pending => (Place::Polled(events, number), Ok(None)),
        };
        *self.place() = place;
        converted(py, received)
    }

    /// Takes the last `poll` of this number back.
    fn cancel_poll(&self, number: u64) {
        self.let_go_of(number);
        if let Place::Free(events) = &mut *self.place() {
            events.cancel_poll();
        }
    }

    /// Ends it, whoever waits.
    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.closer.close();
    }

    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}
