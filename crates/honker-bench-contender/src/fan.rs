//! Who of many subscribers was woken, and when.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::usage::clock_ns;

/// When each of many subscribers last ran.
#[derive(Debug, Default)]
pub struct Fan(Mutex<Vec<Arc<AtomicU64>>>);

/// One of the subscribers of a [`Fan`].
#[derive(Debug)]
pub struct Ran(Arc<AtomicU64>);

impl Ran {
    /// It runs. To be called first of all, each time it is woken.
    pub fn now(&self) {
        self.0.store(clock_ns(), Ordering::Release);
    }
}

impl Fan {
    /// One more.
    #[must_use]
    pub fn join(&self) -> Ran {
        let ran = Arc::<AtomicU64>::default();
        self.subscribers().push(Arc::clone(&ran));
        Ran(ran)
    }

    /// When those ran that did since then, ascending; and how many did not.
    pub(crate) fn since(&self, ns: u64) -> (Vec<u64>, usize) {
        let subscribers = self.subscribers();
        let all = subscribers.iter().map(|ran| ran.load(Ordering::Acquire));
        let mut ran: Vec<u64> = all.filter(|at| *at >= ns).collect();
        ran.sort_unstable();
        let missing = subscribers.len() - ran.len();
        (ran, missing)
    }

    fn subscribers(&self) -> std::sync::MutexGuard<'_, Vec<Arc<AtomicU64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
