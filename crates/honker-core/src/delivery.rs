//! The delivery thread: what must not run on the observer thread runs here.
//!
//! Wakers of async tasks and `tracing` subscribers are foreign code: they may take any time, and they write to
//! descriptors that do not exist in the observer's table. So the observer thread only leaves a job, and this thread
//! does it. It is started by a thread of the host (one started by the observer would share *its* table), and only when
//! the first task waits or somebody listens to `tracing`.

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::shared::Shared;
use crate::stats::Conservative;
use crate::wake::Until;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;
use tracing::level_filters::LevelFilter;

/// Something worth a line in the log.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A watcher runs with another backend than it should.
    Fallback { path: PathBuf, why: String },
    /// A wake that is not exact.
    Conservative { path: PathBuf, reason: Conservative },
    /// The file was replaced, and the new one is followed.
    Replaced { path: PathBuf },
    /// A watcher died.
    Died { error: Error },
}

#[derive(Debug)]
enum Job {
    Tell(Notice),
    Wake(Arc<Shared>, Until),
    /// A timer has run out.
    WakeOne(Arc<Shared>, Until, u64),
}

/// More notices than this are not kept: the oldest go, should a `tracing` subscriber hang.
const LIMIT: usize = 1024;

#[derive(Debug, Default)]
struct Jobs {
    now: VecDeque<Job>,
    timers: Timers,
}

/// Tasks that are to be woken at a time, by their number.
type Timers = BTreeMap<(Instant, u64), (Weak<Shared>, Until)>;

/// What the host, the observer thread and the delivery thread share.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    jobs: Mutex<Jobs>,
    posted: Condvar,
    started: AtomicBool,
}

/// A child made by `fork` has no such thread.
static DELIVERY: PerProcess<Delivery> = PerProcess::new(Delivery::default);

/// This process's.
pub(crate) fn of_this_process() -> &'static Delivery {
    DELIVERY.get()
}

/// Leaves a notice, if there is a thread to tell it.
pub(crate) fn post(notice: impl FnOnce() -> Notice) {
    let delivery = of_this_process();
    if delivery.started.load(Ordering::Relaxed) {
        delivery.leave(Job::Tell(notice()));
    }
}

impl Delivery {
    /// Starts the thread if a `tracing` subscriber is installed. Called by threads of the host.
    pub(crate) fn start_if_wanted(&'static self) {
        if LevelFilter::current() != LevelFilter::OFF {
            // Without it, only the log is silent.
            let _ = self.start();
        }
    }

    /// Starts the thread, unless it runs. Called by threads of the host.
    fn start(&'static self) -> std::io::Result<()> {
        if self.started.load(Ordering::Relaxed) || self.started.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let started = std::thread::Builder::new()
            .name("honker-delivery".to_owned())
            .spawn(|| self.deliver());
        if started.is_err() {
            self.started.store(false, Ordering::SeqCst);
        }
        started.map(drop)
    }

    /// The same, for a subscription that is about to wait as a task.
    pub(crate) fn start_for(&'static self, shared: &Shared) -> Result<()> {
        self.start().map_err(|error| {
            Error::system(
                &shared.location.path,
                "cannot start a thread to deliver updates of",
                error,
            )
        })
    }

    /// Has the tasks woken that wait for this of a watcher.
    pub(crate) fn wake_tasks(&self, shared: &Arc<Shared>, until: Until) {
        if shared.wake.tasks(until).are_to_be_told() {
            self.leave(Job::Wake(Arc::clone(shared), until));
        }
    }

    /// Has a task that waits woken at a time, if it still waits then.
    pub(crate) fn set_timer(&self, at: Instant, task: u64, shared: &Arc<Shared>, until: Until) {
        let timer = (Arc::downgrade(shared), until);
        self.lock().timers.insert((at, task), timer);
        self.posted.notify_one();
    }

    /// Takes a timer back.
    pub(crate) fn forget_timer(&self, at: Instant, task: u64) {
        self.lock().timers.remove(&(at, task));
    }

    fn leave(&self, job: Job) {
        let mut jobs = self.lock();
        let waiting = &mut jobs.now;
        if waiting.len() >= LIMIT
            && let Some(oldest) = waiting.iter().position(|job| matches!(job, Job::Tell(_)))
        {
            waiting.remove(oldest);
        }
        waiting.push_back(job);
        drop(jobs);
        self.posted.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self) {
        loop {
            match self.next_job() {
                Job::Wake(shared, until) => shared.wake.tasks(until).wake(),
                Job::WakeOne(shared, until, task) => shared.wake.tasks(until).wake_one(task),
                Job::Tell(notice) => {
                    // A subscriber that panics must not end the log of everyone else.
                    let _ = std::panic::catch_unwind(|| tell(&notice));
                }
            }
        }
    }

    /// Waits for something to do.
    fn next_job(&self) -> Job {
        let mut jobs = self.lock();
        loop {
            if let Some(job) = jobs.now.pop_front() {
                return job;
            }
            let Some(first) = jobs.timers.first_entry() else {
                let waited = self.posted.wait(jobs);
                jobs = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let &(at, task) = first.key();
            let wait = at.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                let (shared, until) = first.remove();
                if let Some(shared) = shared.upgrade() {
                    return Job::WakeOne(shared, until, task);
                }
            } else {
                let waited = self.posted.wait_timeout(jobs, wait);
                jobs = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

fn tell(notice: &Notice) {
    match notice {
        Notice::Fallback { path, why } => {
            tracing::warn!(target: "honker", path = %path.display(), why, "watching by polling instead");
        }
        Notice::Conservative { path, reason } => {
            tracing::debug!(target: "honker", path = %path.display(), reason = reason.name(), "conservative wake");
        }
        Notice::Replaced { path } => {
            tracing::info!(target: "honker", path = %path.display(), "database file replaced: following the new one");
        }
        Notice::Died { error } => tracing::error!(target: "honker", "{error}"),
    }
}
