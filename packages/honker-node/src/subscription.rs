//! One subscription. JavaScript queues those who wait for it.

use crate::bell::Bell;
use crate::error::{Result, closed, subscription_ended};
use crate::update::Update;
use honker_core::UpdateEvents;
use napi_derive::napi;
use std::task::{Context, Poll, Waker};

/// A subscription, as `UpdateEvents` has one.
#[napi]
pub struct Subscription {
    /// `None` once it is closed.
    events: Option<UpdateEvents>,
    waker: Waker,
}

impl Subscription {
    pub(crate) fn new(events: UpdateEvents, bell: &Bell, number: u32) -> Self {
        Self {
            events: Some(events),
            waker: Waker::from(bell.ringer(number)),
        }
    }
}

#[napi]
impl Subscription {
    /// Takes what is there, or has the bell rung when there is something.
    #[napi]
    pub fn poll(&mut self) -> Result<Option<Update>> {
        let Some(events) = &mut self.events else {
            return Err(closed());
        };
        match events.poll_recv(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(Ok(update)) => Ok(Some(update.into())),
            Poll::Ready(Err(error)) => Err(subscription_ended(error)),
            Poll::Pending => Ok(None),
        }
    }

    /// Takes the last `poll` back.
    #[napi]
    pub fn cancel_poll(&mut self) {
        if let Some(events) = &mut self.events {
            events.cancel_poll();
        }
    }

    /// Ends it.
    #[napi]
    pub fn close(&mut self) {
        self.events = None;
    }
}
