//! Ending one subscription from elsewhere.

use crate::shared::Shared;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends one subscription, also while another thread or task waits for it; from [`UpdateEvents::closer`].
///
/// [`UpdateEvents::closer`]: crate::UpdateEvents::closer
///
/// ```
/// # use honker_core::{ErrorKind, SharedUpdateWatcher};
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("app.db");
/// let watcher = SharedUpdateWatcher::new(&path)?;
/// let mut events = watcher.update_events()?;
/// let closer = events.closer();
/// let waiting = std::thread::spawn(move || events.recv());
/// closer.close();
/// assert_eq!(waiting.join().unwrap().unwrap_err().kind(), ErrorKind::Closed);
/// # Ok::<(), honker_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Closer {
    shared: Arc<Shared>,
    closed: Arc<AtomicBool>,
}

impl Closer {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            closed: Arc::default(),
        }
    }

    /// Ends the subscription with [`ErrorKind::Closed`](crate::ErrorKind::Closed), without an update that is pending.
    /// Does nothing the second time, and nothing in a child made by `fork`.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) && self.shared.refuse_in_a_child().is_ok() {
            self.shared.disturb();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}
