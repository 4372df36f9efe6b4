//! The async tasks that wait for one watcher.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Tasks {
    /// Wakes `waker` the next time, instead of the one that was registered for `id` before.
    pub(crate) fn register(&self, id: u64, waker: &Waker) {
        let before = {
            let mut waiting = self.lock();
            self.any.store(true, Ordering::SeqCst);
            match waiting.get(&id) {
                Some(known) if known.will_wake(waker) => None,
                _ => waiting.insert(id, waker.clone()),
            }
        };
        // Between "somebody waits" and the caller's look whether there is something already; `are_to_be_told` has its
        // pair, between the news and the question who waits.
        fence(Ordering::SeqCst);
        // Dropping a waker is foreign code too: not under the lock.
        drop(before);
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

    /// Wakes all, each once. Called by the delivery thread.
    pub(crate) fn wake(&self) {
        self.told.store(false, Ordering::SeqCst);
        let waiting = {
            let mut waiting = self.lock();
            self.any.store(false, Ordering::SeqCst);
            std::mem::take(&mut *waiting)
        };
        for waker in waiting.into_values() {
            // One that panics harms its own subscriber only.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }

    /// Wakes one, if it waits. Called by the delivery thread.
    pub(crate) fn wake_one(&self, id: u64) {
        let waker = self.lock().remove(&id);
        let _ = catch_unwind(AssertUnwindSafe(|| waker.map(Waker::wake)));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
