//! What a watcher, its subscriptions and the observer thread share.

use crate::backend::WatcherBackend;
use crate::delivery::{self, Delivery, Notice};
use crate::error::{Error, Reason};
use crate::location::Location;
use crate::stats::{Counters, Stats};
use crate::totals::News;
use crate::wake::{Until, Wake};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

#[derive(Debug)]
pub(crate) struct Shared {
    /// A number that no other watcher of this process has.
    pub(crate) id: u64,
    pub(crate) location: Location,
    pub(crate) wake: Wake,
    pub(crate) counters: Counters,
    pub(crate) requested: WatcherBackend,
    pub(crate) subscribers: AtomicU64,
    pub(crate) private_table: AtomicBool,
    pub(crate) delivery: &'static Delivery,
    running: Mutex<Running>,
    process: u32,
}

#[derive(Debug)]
struct Running {
    effective: WatcherBackend,
    fallback: Option<String>,
    caution: Option<String>,
    last_error: Option<String>,
}

impl Shared {
    pub(crate) fn new(location: Location, requested: WatcherBackend) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            location,
            wake: Wake::default(),
            counters: Counters::default(),
            requested,
            subscribers: AtomicU64::new(0),
            private_table: AtomicBool::new(false),
            delivery: delivery::of_this_process(),
            running: Mutex::new(Running {
                effective: requested,
                fallback: None,
                caution: None,
                last_error: None,
            }),
            process: std::process::id(),
        }
    }

    /// Whether this is a child made by `fork`, and this a copy of the parent's. It has no observer thread; its locks may
    /// be held for ever, by threads that do not exist here, and what they protect may be half changed.
    pub(crate) fn is_a_parents(&self) -> bool {
        std::process::id() != self.process
    }

    /// An error in such a child. Comes before anything else that it does with its copy.
    pub(crate) fn refuse_in_a_child(&self) -> Result<(), Error> {
        if self.is_a_parents() {
            Err(Error::at(&self.location.path, Reason::Forked))
        } else {
            Ok(())
        }
    }

    /// Reports to every subscriber. `is_conclusive`: all that is committed by now is told with it.
    pub(crate) fn publish(self: &Arc<Self>, news: News, is_conclusive: bool) {
        self.wake.publish(news, is_conclusive);
        self.delivery.wake_tasks(self, Until::News);
    }

    /// Ends every subscription. The first reason stays.
    pub(crate) fn end(self: &Arc<Self>, reason: Error) {
        if self.wake.end(reason) {
            self.delivery.wake_tasks(self, Until::News);
            self.delivery.wake_tasks(self, Until::End);
        }
    }

    /// Has everyone who waits look again: something has changed for one of them.
    pub(crate) fn disturb(self: &Arc<Self>) {
        self.wake.disturb();
        self.delivery.wake_tasks(self, Until::News);
        self.delivery.wake_tasks(self, Until::End);
    }

    pub(crate) fn effective(&self) -> WatcherBackend {
        self.running()
            .map_or(self.requested, |running| running.effective)
    }

    /// The backend that really runs, and why it is not the one that was asked for.
    pub(crate) fn set_effective(&self, effective: WatcherBackend, fallback: Option<String>) {
        if let Some(mut running) = self.running() {
            running.effective = effective;
            running.fallback = fallback.or(running.fallback.take());
        }
    }

    /// The backend that this build has instead of the one that was asked for.
    pub(crate) fn fall_back_where_not_built(&self) {
        let missing = match self.requested {
            WatcherBackend::Auto => WatcherBackend::KernelWatch,
            requested => requested,
        };
        if !missing.is_built() {
            let why = missing.why_not_built();
            delivery::post(|| Notice::Fallback {
                path: self.location.path.clone(),
                why: why.clone(),
            });
            self.set_effective(WatcherBackend::Polling, Some(why));
        }
    }

    /// What keeps this backend from its promise where the file lies.
    pub(crate) fn set_caution(&self, caution: String) {
        if let Some(mut running) = self.running() {
            running.caution = Some(caution);
        }
    }

    pub(crate) fn set_last_error(&self, error: String) {
        if let Some(mut running) = self.running() {
            running.last_error = Some(error);
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let counters = &self.counters;
        let running = self.running();
        Stats {
            requested: self.requested,
            effective: running.as_ref().map_or(self.requested, |it| it.effective),
            fallback: running.as_ref().and_then(|it| it.fallback.clone()),
            caution: running.as_ref().and_then(|it| it.caution.clone()),
            looks: counters.looks.get(),
            busy_looks: counters.busy_looks.get(),
            wakes: counters.wakes.get(),
            commits: counters.commits.get(),
            replacements: counters.replacements.get(),
            conservative: counters.conservative_counts(),
            hints: counters.hints.get(),
            sweeps: counters.sweeps.get(),
            sweeps_found: counters.sweeps_found.get(),
            overflows: counters.overflows.get(),
            storms: counters.storms.get(),
            achieved_period: counters.achieved_period(),
            private_descriptor_table: self.private_table.load(Ordering::Relaxed),
            subscribers: self.subscribers.load(Ordering::Relaxed),
            last_error: running.as_ref().and_then(|it| it.last_error.clone()),
        }
    }

    /// `None` in a child made by `fork` while the parent was changing it.
    fn running(&self) -> Option<MutexGuard<'_, Running>> {
        if !self.is_a_parents() {
            return Some(self.running.lock().unwrap_or_else(PoisonError::into_inner));
        }
        match self.running.try_lock() {
            Ok(running) => Some(running),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
