//! Who of many subscribers was woken, and when.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::usage::clock_ns;

/// Counts the subscribers that were woken by one commit, and keeps when the first and the last of them ran.
#[derive(Debug)]
pub struct Fan {
    woken: AtomicUsize,
    first_ns: AtomicU64,
    last_ns: AtomicU64,
}

impl Default for Fan {
    fn default() -> Self {
        Self {
            woken: AtomicUsize::new(0),
            first_ns: AtomicU64::new(u64::MAX),
            last_ns: AtomicU64::new(0),
        }
    }
}

impl Fan {
    /// A subscriber runs. It is to call this first of all, and once a commit.
    pub fn ran(&self) {
        let now = clock_ns();
        self.first_ns.fetch_min(now, Ordering::Relaxed);
        self.last_ns.fetch_max(now, Ordering::Relaxed);
        self.woken.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn reset(&self) {
        self.woken.store(0, Ordering::SeqCst);
        self.first_ns.store(u64::MAX, Ordering::SeqCst);
        self.last_ns.store(0, Ordering::SeqCst);
    }

    pub(crate) fn woken(&self) -> usize {
        self.woken.load(Ordering::Acquire)
    }

    /// When the first and the last ran; 0 if none did.
    pub(crate) fn span(&self) -> (u64, u64) {
        if self.woken() == 0 {
            return (0, 0);
        }
        let load = |ns: &AtomicU64| ns.load(Ordering::SeqCst);
        (load(&self.first_ns), load(&self.last_ns))
    }
}
