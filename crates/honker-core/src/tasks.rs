//! The async tasks that wait for one watcher.

use crate::sync::{AtomicBool, Mutex, MutexGuard, fence};
use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::Waker;

/// Wakers by the number of their subscription. Wakers are foreign code: the observer thread only asks whether there
/// are any.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    waiting: Mutex<HashMap<u64, Waker>>,
    any: AtomicBool,
    /// Whether the delivery thread has been told and has not come yet.
    told: AtomicBool,
}

/// A number that no other subscription of this process has.
pub(crate) fn next_id() -> u64 {
    use std::sync::atomic::AtomicU64;

    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Tasks {
    /// Wakes `waker` the next time, instead of the one that was registered for `id` before.
    pub(crate) fn register(&self, id: u64, waker: &Waker) {
        let is_known = {
            let waiting = self.lock();
            self.any.store(true, Ordering::SeqCst);
            let known = waiting.get(&id);
            known.is_some_and(|known| known.will_wake(waker))
        };
        if !is_known {
            // To clone and to drop a waker is foreign code too: not under the lock.
            let new = waker.clone();
            let before = {
                let mut waiting = self.lock();
                self.any.store(true, Ordering::SeqCst);
                waiting.insert(id, new)
            };
            drop(before);
        }
        // Between "somebody waits" and the caller's look whether there is something already; `are_to_be_told` has its
        // pair, between the news and the question who waits.
        fence(Ordering::SeqCst);
    }

    pub(crate) fn forget(&self, id: u64) {
        let forgotten = self.lock().remove(&id);
        drop(forgotten);
    }

    /// Whether the delivery thread has to be told that there are tasks to wake.
    pub(crate) fn are_to_be_told(&self) -> bool {
        fence(Ordering::SeqCst);
        self.any.load(Ordering::SeqCst) && !self.told.swap(true, Ordering::SeqCst)
    }

    /// Who waits. Whoever comes later has to be told of anew. Called by the delivery thread.
    pub(crate) fn to_be_woken(&self) -> Vec<u64> {
        self.told.store(false, Ordering::SeqCst);
        let waiting = self.lock();
        self.any.store(false, Ordering::SeqCst);
        waiting.keys().copied().collect()
    }

    /// The waker of one that waits, to be called. Called by the delivery thread.
    pub(crate) fn take(&self, id: u64) -> Option<Waker> {
        self.lock().remove(&id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
