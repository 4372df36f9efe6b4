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
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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
    /// A watcher died.
    Died { error: Error },
}

#[derive(Debug)]
enum Job {
    Tell(Notice),
    Wake(Arc<Shared>),
}

/// More notices than this are not kept: the oldest go, should a `tracing` subscriber hang.
const LIMIT: usize = 1024;

static JOBS: Mutex<VecDeque<Job>> = Mutex::new(VecDeque::new());
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

/// Has the tasks that wait for this watcher woken.
pub(crate) fn wake_tasks(shared: &Arc<Shared>) {
    if shared.wake.tasks().are_to_be_told() {
        leave(Job::Wake(Arc::clone(shared)));
    }
}

fn leave(job: Job) {
    let mut jobs = lock();
    if jobs.len() >= LIMIT
        && let Some(oldest) = jobs.iter().position(|job| matches!(job, Job::Tell(_)))
    {
        jobs.remove(oldest);
    }
    jobs.push_back(job);
    drop(jobs);
    POSTED.notify_one();
}

fn lock() -> MutexGuard<'static, VecDeque<Job>> {
    JOBS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn deliver() {
    loop {
        let mut jobs = lock();
        let job = loop {
            match jobs.pop_front() {
                Some(job) => break job,
                None => jobs = POSTED.wait(jobs).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(jobs);
        match job {
            Job::Wake(shared) => shared.wake.tasks().wake(),
            Job::Tell(notice) => {
                // A subscriber that panics must not end the log of everyone else.
                let _ = std::panic::catch_unwind(|| tell(&notice));
            }
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
        Notice::Died { error } => tracing::error!(target: "honker", "{error}"),
    }
}
