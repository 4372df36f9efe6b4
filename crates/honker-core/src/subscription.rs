//! Waiting for updates.

use crate::delivery;
use crate::error::RecvError;
use crate::tasks;
use crate::update::Update;
use crate::wake::Totals;
use crate::watcher::Core;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A subscription. It keeps the watcher alive, and sees every commit from [`update_events`] on.
///
/// It has no queue: what was committed while nobody waited is one pending [`Update`].
///
/// [`update_events`]: crate::SharedUpdateWatcher::update_events
#[derive(Debug)]
pub struct UpdateEvents {
    core: Arc<Core>,
    seen: Totals,
    /// Names this subscription among those that wait as tasks; `None` if it never has.
    task: Option<u64>,
}

impl UpdateEvents {
    pub(crate) fn new(core: Arc<Core>, seen: Totals) -> Self {
        core.shared.subscribers.fetch_add(1, Ordering::Relaxed);
        Self {
            core,
            seen,
            task: None,
        }
    }

    /// Waits for commits.
    ///
    /// # Errors
    ///
    /// What ended the watcher. An update that came before the end is reported first.
    pub fn recv(&mut self) -> Result<Update, RecvError> {
        loop {
            if let Some(update) = self.wait(None)? {
                return Ok(update);
            }
        }
    }

    /// Waits for commits, `timeout` at most: then `None`.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv).
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Option<Update>, RecvError> {
        // A deadline beyond the clock's end is none.
        self.wait(Instant::now().checked_add(timeout))
    }

    /// Takes the pending update, if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Option<Update>, RecvError> {
        let shared = &self.core.shared;
        shared.refuse_in_a_child().map_err(RecvError)?;
        shared.wake.take(&mut self.seen).map_err(RecvError)
    }

    /// Waits as an async task does, without a runtime: [`Poll::Pending`] means that the task will be woken.
    ///
    /// Its waker runs on honker's delivery thread, which the first such call starts.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv); also if the delivery thread cannot be started.
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Update, RecvError>> {
        let shared = &self.core.shared;
        let ready = shared
            .refuse_in_a_child()
            .and_then(|()| delivery::start_for(shared));
        if let Err(error) = ready {
            return Poll::Ready(Err(RecvError(error)));
        }
        let task = *self.task.get_or_insert_with(tasks::next_id);
        shared
            .wake
            .poll(task, &mut self.seen, context)
            .map_err(RecvError)
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Result<Option<Update>, RecvError> {
        let shared = &self.core.shared;
        shared.refuse_in_a_child().map_err(RecvError)?;
        shared
            .wake
            .wait(&mut self.seen, deadline)
            .map_err(RecvError)
    }
}

impl Drop for UpdateEvents {
    fn drop(&mut self) {
        self.core.shared.subscribers.fetch_sub(1, Ordering::Relaxed);
        // In a child made by fork the lock may be held for ever, by a thread that does not exist there.
        if let Some(task) = self.task
            && self.core.shared.refuse_in_a_child().is_ok()
        {
            self.core.shared.wake.tasks().forget(task);
        }
    }
}
