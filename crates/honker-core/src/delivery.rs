//! The delivery thread: what must not run on the observer thread runs here.
//!
//! A `tracing` subscriber is foreign code: it may take any time, and it writes to descriptors that do not exist in the
//! observer's table. So the observer thread only leaves a note, and this thread tells it. It is started by a thread of
//! the host (one started by the observer would share *its* table), and only if somebody listens to `tracing`.

use crate::error::Error;
use crate::stats::Conservative;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use tracing::level_filters::LevelFilter;

/// Something worth a line in the log.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A watcher runs with another backend than it should.
    Fallback { path: PathBuf, why: String },
    /// A wake that is not exact.
    Conservative { path: PathBuf, reason: Conservative },
    /// A watcher died.
    Died { error: Error },
}

/// More than this are not kept: the oldest go, should a `tracing` subscriber hang.
const LIMIT: usize = 1024;

static NOTICES: Mutex<VecDeque<Notice>> = Mutex::new(VecDeque::new());
static POSTED: Condvar = Condvar::new();
/// The process that the thread runs in; 0 before it is started. A child made by `fork` has no such thread.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Starts the thread if a `tracing` subscriber is installed. Called by threads of the host.
pub(crate) fn start_if_wanted() {
    let this = std::process::id();
    if LevelFilter::current() == LevelFilter::OFF || PROCESS.swap(this, Ordering::SeqCst) == this {
        return;
    }
    let started = std::thread::Builder::new()
        .name("honker-delivery".to_owned())
        .spawn(deliver);
    if started.is_err() {
        PROCESS.store(0, Ordering::SeqCst);
    }
}

/// Leaves a notice, if there is a thread to tell it.
pub(crate) fn post(notice: impl FnOnce() -> Notice) {
    if PROCESS.load(Ordering::Relaxed) == 0 {
        return;
    }
    let mut notices = lock();
    if notices.len() == LIMIT {
        notices.pop_front();
    }
    notices.push_back(notice());
    drop(notices);
    POSTED.notify_one();
}

fn lock() -> MutexGuard<'static, VecDeque<Notice>> {
    NOTICES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn deliver() {
    loop {
        let mut notices = lock();
        let notice = loop {
            match notices.pop_front() {
                Some(notice) => break notice,
                None => notices = POSTED.wait(notices).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(notices);
        // A subscriber that panics must not end the log of everyone else.
        let _ = std::panic::catch_unwind(|| tell(&notice));
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
        Notice::Died { error } => tracing::error!(target: "honker", "{error}"),
    }
}
