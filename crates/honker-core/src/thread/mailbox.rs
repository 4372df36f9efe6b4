//! Requests to the observer thread.

use crate::bell::Bell;
use crate::error::Error;
use crate::observer::standing::Standing;
use crate::replace::OnReplace;
use crate::shared::Shared;
use crate::totals::Totals;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What the observer thread is asked to do. Answers go through channels, which wake by futex.
#[derive(Debug)]
pub(crate) enum Request {
    /// Start watching. Answered once the starting state is recorded.
    Open {
        shared: Arc<Shared>,
        settings: Settings,
        answer: SyncSender<Result<(), Error>>,
    },
    /// Look now. Answered with what has been seen up to this moment.
    Look {
        shared: Arc<Shared>,
        purpose: Purpose,
        answer: SyncSender<Result<Beginning, Error>>,
    },
    /// Stop watching. Answered once no descriptor of the database is used any more.
    Close {
        shared: Arc<Shared>,
        answer: SyncSender<()>,
    },
    /// End the thread.
    Stop,
}

/// What a look is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Position,
    Subscription,
}

/// Where a subscription begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    pub(crate) totals: Totals,
    pub(crate) standing: Standing,
}

/// How to watch one database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) poll_interval: Duration,
    pub(crate) must_exist: bool,
    pub(crate) on_replace: OnReplace,
}

/// Where requests wait. `None` once the thread has ended and takes no more.
#[derive(Debug)]
pub(crate) struct Mailbox {
    waiting: Mutex<Option<Vec<Request>>>,
}

impl Mailbox {
    pub(crate) fn new() -> Self {
        Self {
            waiting: Mutex::new(Some(Vec::new())),
        }
    }

    /// Leaves a request and rings. `false`: the thread has ended; the request, and with it its answer, is dropped.
    pub(crate) fn post(&self, bell: &Bell, request: Request) -> bool {
        let accepted = match self.lock().as_mut() {
            Some(waiting) => {
                waiting.push(request);
                true
            }
            None => false,
        };
        bell.ring();
        accepted
    }

    /// Whether there is a thread that takes requests.
    pub(crate) fn is_open(&self) -> bool {
        self.lock().is_some()
    }

    pub(super) fn take(&self) -> Vec<Request> {
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes no more requests. Those that wait are dropped, which tells their senders.
    pub(super) fn shut(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Request>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
