//! The delivery thread: what must not run on the observer thread runs here.
//!
//! Wakers of async tasks and `tracing` subscribers are foreign code: they may take any time, and they write to
//! descriptors that do not exist in the observer's table. So the observer thread only leaves a job, and this thread
//! does it. It is started by a thread of the host (one started by the observer would share *its* table), and only when
//! the first task waits or somebody listens to `tracing`.

use crate::backend::WatcherBackend;
use crate::error::{Error, Result};
use crate::shared::Shared;
use crate::stats::Conservative;
use crate::wake::Until;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;
use tracing::level_filters::LevelFilter;

/// Something worth a line in the log.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A watcher watches.
    Opened {
        path: PathBuf,
        backend: WatcherBackend,
    },
    /// A watcher was closed, or dropped.
    Closed { path: PathBuf },
    /// The operating system lost file events, and the database was looked at instead.
    Overflow { path: PathBuf },
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

#[derive(Debug)]
struct Jobs {
    now: VecDeque<Job>,
    timers: Timers,
}

/// Tasks that are to be woken at a time, by their number.
type Timers = BTreeMap<(Instant, u64), (Weak<Shared>, Until)>;

static JOBS: Mutex<Jobs> = Mutex::new(Jobs {
    now: VecDeque::new(),
    timers: BTreeMap::new(),
});
static POSTED: Condvar = Condvar::new();
/// The process that the thread runs in; 0 before it is started. A child made by `fork` has no such thread.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Starts the thread if a `tracing` subscriber is installed. Called by threads of the host.
pub(crate) fn start_if_wanted() {
    if LevelFilter::current() != LevelFilter::OFF {
        // Without it, only the log is silent.
        let _ = start();
    }
}

/// Starts the thread, unless it runs. Called by threads of the host.
pub(crate) fn start() -> std::io::Result<()> {
    let this = std::process::id();
    if PROCESS.load(Ordering::Relaxed) == this || PROCESS.swap(this, Ordering::SeqCst) == this {
        return Ok(());
    }
    let started = std::thread::Builder::new()
        .name("honker-delivery".to_owned())
        .spawn(deliver);
    if started.is_err() {
        PROCESS.store(0, Ordering::SeqCst);
    }
    started.map(drop)
}

/// The same, for a subscription that is about to wait as a task.
pub(crate) fn start_for(shared: &Shared) -> Result<()> {
    start().map_err(|error| {
        Error::system(
            &shared.location.path,
            "cannot start a thread to deliver updates of",
            error,
        )
    })
}

/// Leaves a notice, if there is a thread to tell it.
pub(crate) fn post(notice: impl FnOnce() -> Notice) {
    if PROCESS.load(Ordering::Relaxed) != 0 {
        leave(Job::Tell(notice()));
    }
}

/// Has the tasks woken that wait for this of a watcher.
pub(crate) fn wake_tasks(shared: &Arc<Shared>, until: Until) {
    if shared.wake.tasks(until).are_to_be_told() {
        leave(Job::Wake(Arc::clone(shared), until));
    }
}

/// Has a task that waits woken at a time, if it still waits then.
pub(crate) fn set_timer(at: Instant, task: u64, shared: &Arc<Shared>, until: Until) {
    let timer = (Arc::downgrade(shared), until);
    lock().timers.insert((at, task), timer);
    POSTED.notify_one();
}

/// Takes a timer back.
pub(crate) fn forget_timer(at: Instant, task: u64) {
    lock().timers.remove(&(at, task));
}

fn leave(job: Job) {
    let mut jobs = lock();
    let waiting = &mut jobs.now;
    if waiting.len() >= LIMIT
        && let Some(oldest) = waiting.iter().position(|job| matches!(job, Job::Tell(_)))
    {
        waiting.remove(oldest);
    }
    waiting.push_back(job);
    drop(jobs);
    POSTED.notify_one();
}

fn lock() -> MutexGuard<'static, Jobs> {
    JOBS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn deliver() {
    loop {
        match next_job() {
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
fn next_job() -> Job {
    let mut jobs = lock();
    loop {
        if let Some(job) = jobs.now.pop_front() {
            return job;
        }
        let Some(first) = jobs.timers.first_entry() else {
            jobs = POSTED.wait(jobs).unwrap_or_else(PoisonError::into_inner);
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
            let waited = POSTED.wait_timeout(jobs, wait);
            jobs = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn tell(notice: &Notice) {
    match notice {
        Notice::Opened { path, backend } => {
            tracing::info!(target: "honker", path = %path.display(), backend = backend.name(), "watching");
        }
        Notice::Closed { path } => {
            tracing::info!(target: "honker", path = %path.display(), "watcher closed");
        }
        Notice::Overflow { path } => {
            tracing::warn!(target: "honker", path = %path.display(), "file events were lost; looking instead");
        }
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
