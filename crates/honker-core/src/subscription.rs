//! Waiting for updates.

use crate::error::RecvError;
use crate::update::Update;
use crate::wake::Totals;
use crate::watcher::Core;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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
}

impl UpdateEvents {
    pub(crate) fn new(core: Arc<Core>, seen: Totals) -> Self {
        core.shared.subscribers.fetch_add(1, Ordering::Relaxed);
        Self { core, seen }
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
    }
}
