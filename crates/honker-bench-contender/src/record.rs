//! The wakes of subscribers, until the bench asks for them.

use std::sync::{Mutex, PoisonError};

use crate::protocol::Wake;

/// Shared by the subscribers' threads.
#[derive(Debug, Default)]
pub(crate) struct Record {
    wakes: Mutex<Vec<Wake>>,
    ended: Mutex<Vec<String>>,
}

impl Record {
    pub(crate) fn add(&self, wake: Wake) {
        self.wakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(wake);
    }

    pub(crate) fn end(&self, why: String) {
        self.ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(why);
    }

    /// Room for the next is made by whoever asks, not by a subscriber that was just woken.
    pub(crate) fn take(&self) -> (Vec<Wake>, Vec<String>) {
        let room = Vec::with_capacity(1 << 16);
        let mut wakes = self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::replace(&mut *wakes, room), ended.clone())
    }
}
