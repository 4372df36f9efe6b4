//! Settings of a subscription.

use crate::error::{Error, Reason, Result};
use crate::observer::standing::Since;
use crate::pace::Pace;
use crate::position::Position;
use crate::subscription::UpdateEvents;
use crate::thread::mailbox::Purpose;
use crate::update::{Update, UpdateKind};
use crate::watcher::Core;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Settings of a subscription, from [`SharedUpdateWatcher::subscribe`](crate::SharedUpdateWatcher::subscribe).
///
/// ```no_run
/// # use honker_core::SharedUpdateWatcher;
/// use std::time::Duration;
///
/// # let watcher = SharedUpdateWatcher::new("app.db")?;
/// let mut events = watcher
///     .subscribe()
///     .min_interval(Duration::from_millis(250)) // a page need not be rendered more often
///     .idle_poll(Duration::from_secs(30)) // look after what does not depend on commits
///     .start()?;
/// # Ok::<(), honker_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct SubscriptionBuilder {
    core: Arc<Core>,
    since: Option<Position>,
    min_interval: Duration,
    idle_poll: Option<Duration>,
}

impl SubscriptionBuilder {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            since: None,
            min_interval: Duration::ZERO,
            idle_poll: None,
        }
    }

    /// The first wake comes at once if anything may have been committed since that position: inexact, and of kind
    /// [`UpdateKind::Replaced`] if the file is another one. It stays out if provably nothing was.
    pub fn since(mut self, position: &Position) -> Self {
        self.since = Some(*position);
        self
    }

    /// The least time between two wakes of this subscription. What is committed meanwhile is one wake when the time is
    /// over; the first wake, and the end of the watcher, are not held back. If not set, nothing is.
    pub fn min_interval(mut self, interval: Duration) -> Self {
        self.min_interval = interval;
        self
    }

    /// A wake of kind [`UpdateKind::Idle`] comes when there was none for so long. honker needs no such poll to find
    /// commits; it is for consumers that have other things to look after. If not set, there is none.
    pub fn idle_poll(mut self, wait: Duration) -> Self {
        self.idle_poll = Some(wait);
        self
    }

    /// Subscribes. Returns once the starting state is recorded, as
    /// [`update_events`](crate::SharedUpdateWatcher::update_events) does.
    ///
    /// # Errors
    ///
    /// What ended the watcher, if it has ended; or an `idle_poll` of zero.
    pub fn start(self) -> Result<UpdateEvents> {
        if self.idle_poll.is_some_and(|wait| wait.is_zero()) {
            let reason = Reason::Zero {
                setting: "idle_poll",
            };
            return Err(Error::at(&self.core.shared.location.path, reason));
        }
        let beginning = self.core.look(Purpose::Subscription)?;
        let since = self
            .since
            .map(|position| beginning.standing.since(position.standing));
        let kind = match since {
            None | Some(Since::Nothing) => None,
            Some(Since::Commits) => Some(UpdateKind::Commit),
            Some(Since::Replaced) => Some(UpdateKind::Replaced),
        };
        let owed = kind.map(|kind| Update {
            seq: beginning.totals.wakes,
            commits: u64::from(kind == UpdateKind::Commit),
            exact: false,
            kind,
        });
        let pace = Pace::new(self.min_interval, self.idle_poll, Instant::now());
        Ok(UpdateEvents::new(self.core, beginning.totals, owed, pace))
    }
}
