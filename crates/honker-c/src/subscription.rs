//! One subscription: waited for by a thread, or by an event loop through a descriptor.

use crate::failure::Failure;
use honker_bell::Pair;
use honker_core::{Closer, Update, UpdateEvents};
use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A subscription, as a `honker_subscription` stands for one.
#[derive(Debug)]
pub(crate) struct Subscription {
    /// `None` while a thread waits, which has them meanwhile.
    events: Arc<Mutex<Option<UpdateEvents>>>,
    bell: OnceLock<Arc<Bell>>,
    closer: Closer,
    process: u32,
}

/// A descriptor that is readable while there is something to take.
#[derive(Debug)]
struct Bell(Pair);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.sound();
    }
}

impl Bell {
    /// Has it readable again from now on, as soon as there is something to take. Takes nothing.
    fn arm(self: &Arc<Self>, events: &mut UpdateEvents) -> Result<(), Failure> {
        // What comes after this sounds it again.
        self.0.quiet(|_| {});
        let waker = Waker::from(Arc::clone(self));
        match events.poll_ready(&mut Context::from_waker(&waker)) {
            Poll::Pending => Ok(()),
            Poll::Ready(ready) => {
                self.0.sound();
                Ok(ready?)
            }
        }
    }

    /// As C counts it. On Windows it is a socket, whose number fits.
    fn number(&self) -> Result<c_int, Failure> {
        let number = c_int::try_from(self.0.number());
        number.map_err(|_| Failure::internal("the number of a socket"))
    }
}

/// The events, for one who waits or looks: they come back, and the bell is armed, however that ends.
struct Turn<'a> {
    subscription: &'a Subscription,
    events: Option<UpdateEvents>,
}

impl Turn<'_> {
    fn events(&mut self) -> Result<&mut UpdateEvents, Failure> {
        // A turn has its events until it is dropped.
        let events = self.events.as_mut();
        events.ok_or_else(|| Failure::internal("a turn without events"))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(mut events) = self.events.take() else {
            return;
        };
        if let Some(bell) = self.subscription.bell.get() {
            // Refused: then it is readable, and the next call says why.
            let _ = bell.arm(&mut events);
        }
        *self.subscription.events() = Some(events);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if self.refuse_in_a_child().is_err() {
            // What another thread was changing at the fork is half changed here for ever: not even to be dropped.
            std::mem::forget(Arc::clone(&self.events));
        }
    }
}

impl Subscription {
    pub(crate) fn new(events: UpdateEvents) -> Self {
        Self {
            closer: events.closer(),
            events: Arc::new(Mutex::new(Some(events))),
            bell: OnceLock::new(),
            process: std::process::id(),
        }
    }

    /// Comes before anything else: a lock may have been held at the fork.
    fn refuse_in_a_child(&self) -> Result<(), Failure> {
        if std::process::id() == self.process {
            Ok(())
        } else {
            Err(Failure::forked())
        }
    }

    fn events(&self) -> MutexGuard<'_, Option<UpdateEvents>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> Result<Turn<'_>, Failure> {
        self.refuse_in_a_child()?;
        let events = self.events().take().ok_or_else(Failure::busy)?;
        Ok(Turn {
            subscription: self,
            events: Some(events),
        })
    }

    /// Waits, for ever if no time is given. `None`: the time is over.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Result<Option<Update>, Failure> {
        let mut turn = self.turn()?;
        let events = turn.events()?;
        Ok(match timeout {
            None => Some(events.recv()?),
            Some(timeout) => events.recv_timeout(timeout)?,
        })
    }

    /// Takes what is there.
    pub(crate) fn try_take(&self) -> Result<Option<Update>, Failure> {
        Ok(self.turn()?.events()?.try_recv()?)
    }

    /// The descriptor that is readable while there is something to take. Made by the first call.
    pub(crate) fn descriptor(&self) -> Result<c_int, Failure> {
        self.refuse_in_a_child()?;
        if let Some(bell) = self.bell.get() {
            return bell.number();
        }
        let mut turn = self.turn()?;
        let pair = Pair::new().map_err(|error| Failure::no_descriptor(&error))?;
        let bell = Arc::new(Bell(pair));
        bell.arm(turn.events()?)?;
        let bell = self.bell.get_or_init(|| bell);
        bell.number()
    }

    /// Ends it, whoever waits.
    pub(crate) fn close(&self) {
        self.closer.close();
    }
}
