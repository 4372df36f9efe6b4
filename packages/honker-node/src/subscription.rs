//! One subscription. JavaScript queues those who wait for it.

use crate::bell::Bell;
use crate::error::{Code, Result, closed, subscription_closed, subscription_ended};
use crate::update::Update;
use honker_core::{ErrorKind, UpdateEvents};
use napi::Error;
use napi_derive::napi;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

/// A subscription, as `UpdateEvents` has one.
#[napi]
pub struct Subscription {
    slot: Rc<RefCell<Slot>>,
    waker: Waker,
}

/// What a subscription holds of the watcher. Its end lets go of that: JavaScript's collector may take its time.
struct Slot {
    state: State,
    /// Whether the bell is to be rung. Then the end is left to who is woken by it.
    is_awaited: bool,
}

enum State {
    Live(UpdateEvents),
    /// With the last update, if nobody has taken it.
    Ended(Option<honker_core::Update>, Why),
}

/// The error of everybody who comes too late.
struct Why {
    code: Code,
    message: String,
}

impl Slot {
    fn poll(&mut self, waker: &Waker) -> Result<Option<honker_core::Update>> {
        self.is_awaited = false;
        let events = match &mut self.state {
            State::Live(events) => events,
            State::Ended(last, why) => {
                let gone = || Error::new(why.code, why.message.clone());
                return last.take().map(Some).ok_or_else(gone);
            }
        };
        match events.poll_recv(&mut Context::from_waker(waker)) {
            Poll::Ready(Ok(update)) => Ok(Some(update)),
            Poll::Ready(Err(error)) => {
                let may_pass = error.kind() == ErrorKind::LimitReached;
                let error = subscription_ended(error);
                if !may_pass {
                    self.end(None, &error);
                }
                Err(error)
            }
            Poll::Pending => {
                self.is_awaited = true;
                Ok(None)
            }
        }
    }

    fn end(&mut self, last: Option<honker_core::Update>, error: &Error<Code>) {
        self.is_awaited = false;
        let why = Why {
            code: error.status,
            message: error.reason.clone(),
        };
        self.state = State::Ended(last, why);
    }
}

/// The subscriptions of a watcher, for its end.
#[derive(Default)]
pub(crate) struct Subscriptions(RefCell<Vec<Weak<RefCell<Slot>>>>);

impl Subscriptions {
    pub(crate) fn add(&self, events: UpdateEvents, bell: &Bell, number: u32) -> Subscription {
        let slot = Rc::new(RefCell::new(Slot {
            state: State::Live(events),
            is_awaited: false,
        }));
        let mut slots = self.0.borrow_mut();
        slots.retain(|slot| slot.strong_count() > 0);
        slots.push(Rc::downgrade(&slot));
        Subscription {
            slot,
            waker: Waker::from(bell.ringer(number)),
        }
    }

    /// After the watcher's end: has those that nobody awaits let go of it.
    pub(crate) fn release(&self) {
        for slot in self.0.take().iter().filter_map(Weak::upgrade) {
            let mut slot = slot.borrow_mut();
            if slot.is_awaited {
                continue;
            }
            let State::Live(events) = &mut slot.state else {
                continue;
            };
            match events.try_recv() {
                Ok(last) => slot.end(last, &closed()),
                Err(error) => slot.end(None, &subscription_ended(error)),
            }
        }
    }
}

#[napi]
impl Subscription {
    /// Takes what is there, or has the bell rung when there is something.
    #[napi]
    pub fn poll(&self) -> Result<Option<Update>> {
        let update = self.slot.borrow_mut().poll(&self.waker)?;
        Ok(update.map(Update::from))
    }

    /// Takes the last `poll` back.
    #[napi]
    pub fn cancel_poll(&self) {
        let mut slot = self.slot.borrow_mut();
        slot.is_awaited = false;
        if let State::Live(events) = &mut slot.state {
            events.cancel_poll();
        }
    }

    /// Ends it.
    #[napi]
    pub fn close(&self) {
        let mut slot = self.slot.borrow_mut();
        slot.end(None, &subscription_closed());
    }
}
