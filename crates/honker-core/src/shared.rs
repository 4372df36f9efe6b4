//! What a watcher, its subscriptions and the observer thread share.

use crate::backend::WatcherBackend;
use crate::delivery::{self, Notice};
use crate::error::{Error, Reason};
use crate::location::Location;
use crate::stats::{Counters, Stats};
use crate::wake::{News, Until, Wake};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) location: Location,
    pub(crate) wake: Wake,
    pub(crate) counters: Counters,
    pub(crate) requested: WatcherBackend,
    pub(crate) subscribers: AtomicU64,
    pub(crate) private_table: AtomicBool,
    running: Mutex<Running>,
    process: u32,
}

#[derive(Debug)]
struct Running {
    effective: WatcherBackend,
    fallback: Option<String>,
    last_error: Option<String>,
}

impl Shared {
    pub(crate) fn new(location: Location, requested: WatcherBackend) -> Self {
        Self {
            location,
            wake: Wake::default(),
            counters: Counters::default(),
            requested,
            subscribers: AtomicU64::new(0),
            private_table: AtomicBool::new(false),
            running: Mutex::new(Running {
                effective: requested,
                fallback: None,
                last_error: None,
            }),
            process: std::process::id(),
        }
    }

    /// An error in a child made by `fork`: its copy of this has no observer thread, and locks in it may be held by
    /// threads that do not exist here.
    pub(crate) fn refuse_in_a_child(&self) -> Result<(), Error> {
        if std::process::id() == self.process {
            Ok(())
        } else {
            Err(Error::at(&self.location.path, Reason::Forked))
        }
    }

    /// Reports to every subscriber.
    pub(crate) fn publish(self: &Arc<Self>, news: News) {
        self.wake.publish(news);
        delivery::wake_tasks(self, Until::News);
    }

    /// Ends every subscription. The first reason stays.
    pub(crate) fn end(self: &Arc<Self>, reason: Error) {
        if self.wake.end(reason) {
            delivery::wake_tasks(self, Until::News);
            delivery::wake_tasks(self, Until::End);
        }
    }

    /// Has everyone who waits look again: something has changed for one of them.
    pub(crate) fn disturb(self: &Arc<Self>) {
        self.wake.disturb();
        delivery::wake_tasks(self, Until::News);
        delivery::wake_tasks(self, Until::End);
    }

    pub(crate) fn effective(&self) -> WatcherBackend {
        self.running().effective
    }

    /// The backend that really runs, and why it is not the one that was asked for.
    pub(crate) fn set_effective(&self, effective: WatcherBackend, fallback: Option<String>) {
        let mut running = self.running();
        running.effective = effective;
        if fallback.is_some() {
            running.fallback = fallback;
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

    pub(crate) fn set_last_error(&self, error: String) {
        self.running().last_error = Some(error);
    }

    pub(crate) fn stats(&self) -> Stats {
        let counters = &self.counters;
        let running = self.running();
        Stats {
            requested: self.requested,
            effective: running.effective,
            fallback: running.fallback.clone(),
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
            last_error: running.last_error.clone(),
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
