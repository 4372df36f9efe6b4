//! Waiting for updates.

use crate::closer::Closer;
use crate::error::{Error, Reason, RecvError};
use crate::pace::Pace;
use crate::tasks;
use crate::totals::Totals;
use crate::update::Update;
use crate::wake::Until;
use crate::watcher::Core;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
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
    /// What was committed before the subscription began, if that is to be told.
    owed: Option<Update>,
    pace: Pace,
    closer: Closer,
    /// Names this subscription among those that wait as tasks; `None` if it never has.
    task: Option<u64>,
    /// When that task is to be woken at the latest.
    timer: Option<(Instant, Until)>,
    /// Whether the stream has told the error that ended it.
    #[cfg(feature = "stream")]
    pub(crate) is_over: bool,
}

/// What a subscriber waits for, and until when at most.
struct Awaited(Until, Option<Instant>);

impl UpdateEvents {
    pub(crate) fn new(core: Arc<Core>, seen: Totals, owed: Option<Update>, pace: Pace) -> Self {
        core.shared.subscribers.fetch_add(1, Ordering::Relaxed);
        Self {
            closer: Closer::new(&core.shared),
            core,
            seen,
            owed,
            pace,
            task: None,
            timer: None,
            #[cfg(feature = "stream")]
            is_over: false,
        }
    }

    /// What to wait for; `None` if there is something to take by now, or the end.
    fn awaited(&self, now: Instant) -> Option<Awaited> {
        if self.closer.is_closed() {
            return None;
        }
        let wake = &self.core.shared.wake;
        let has_news = || self.owed.is_some() || wake.is_reached(Until::News, &self.seen);
        if let Some(opens) = self.pace.closed_until(now)
            && !wake.is_reached(Until::End, &self.seen)
        {
            // Asked once: news that come right after are for later, too.
            return Some(if has_news() {
                Awaited(Until::End, Some(opens))
            } else {
                Awaited(Until::News, self.pace.idle_at())
            });
        }
        let idle_at = self.pace.idle_at();
        let is_due = has_news() || idle_at.is_some_and(|at| at <= now);
        (!is_due).then_some(Awaited(Until::News, idle_at))
    }

    /// Takes what is there. Only where nothing is awaited.
    fn take(&mut self, now: Instant) -> Result<Option<Update>, Error> {
        if self.closer.is_closed() {
            let path = &self.core.shared.location.path;
            return Err(Error::at(path, Reason::SubscriptionClosed));
        }
        let wake = &self.core.shared.wake;
        let update = match self.owed.take() {
            // The end comes after what was owed.
            Some(owed) => Some(match wake.take(&mut self.seen) {
                Ok(Some(more)) => owed.and(more),
                Ok(None) | Err(_) => owed,
            }),
            None => wake.take(&mut self.seen)?,
        };
        let is_idle = update.is_none() && self.pace.idle_at().is_some_and(|at| at <= now);
        let update = update.or_else(|| is_idle.then(|| Update::idle(self.seen.wakes)));
        if update.is_some() {
            self.pace.handed_out(now);
        }
        Ok(update)
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
        let ready = self.core.shared.refuse_in_a_child();
        let taken = ready.and_then(|()| {
            let now = Instant::now();
            match self.awaited(now) {
                None => self.take(now),
                Some(_) => Ok(None),
            }
        });
        taken.map_err(RecvError)
    }

    /// Waits as an async task does, without a runtime: [`Poll::Pending`] means that the task will be woken.
    ///
    /// Its waker runs on honker's delivery thread, which the first such call starts.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv); also if the delivery thread cannot be started.
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Update, RecvError>> {
        loop {
            if let Err(error) = ready!(self.poll_ready(context)) {
                return Poll::Ready(Err(error));
            }
            let taken = self.take(Instant::now()).map_err(RecvError);
            if let Some(received) = taken.transpose() {
                return Poll::Ready(received);
            }
        }
    }

    /// The same without taking anything: `Ready(Ok(()))` if [`try_recv`](Self::try_recv) gives an update by now, or the
    /// end. For what only tells somebody else to come and take it, as a descriptor of an event loop does.
    ///
    /// ```
    /// # use honker_core::SharedUpdateWatcher;
    /// # use std::task::{Context, Poll, Waker};
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("app.db");
    /// let watcher = SharedUpdateWatcher::new(&path)?;
    /// let mut events = watcher.update_events()?;
    /// let mut context = Context::from_waker(Waker::noop());
    /// assert!(events.poll_ready(&mut context).is_pending());
    /// watcher.close();
    /// assert!(matches!(events.poll_ready(&mut context), Poll::Ready(Ok(()))));
    /// assert!(events.try_recv().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// In a child made by `fork`, or if the delivery thread cannot be started.
    pub fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), RecvError>> {
        let shared = &self.core.shared;
        let ready = shared
            .refuse_in_a_child()
            .and_then(|()| shared.delivery.start_for(shared));
        match ready {
            Ok(()) => self.register(context).map(Ok),
            Err(error) => Poll::Ready(Err(RecvError(error))),
        }
    }

    /// Takes back what the last [`poll_recv`](Self::poll_recv) or [`poll_ready`](Self::poll_ready) registered: its waker is dropped, and not called for
    /// what comes from now on.
    pub fn cancel_poll(&mut self) {
        if self.core.shared.refuse_in_a_child().is_ok() {
            self.forget_task();
        }
    }

    /// What ends this subscription from elsewhere.
    #[must_use]
    pub fn closer(&self) -> Closer {
        self.closer.clone()
    }

    /// Has the task woken, unless there is something to take by now.
    fn register(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let task = *self.task.get_or_insert_with(tasks::next_id);
        let shared = Arc::clone(&self.core.shared);
        let mut registered = None;
        loop {
            let Some(Awaited(until, deadline)) = self.awaited(Instant::now()) else {
                self.forget_task();
                return Poll::Ready(());
            };
            if registered == Some(until) {
                self.set_timer(until, deadline);
                return Poll::Pending;
            }
            shared.wake.tasks(until.other()).forget(task);
            shared.wake.tasks(until).register(task, context.waker());
            registered = Some(until);
        }
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Result<Option<Update>, RecvError> {
        self.core.shared.refuse_in_a_child().map_err(RecvError)?;
        loop {
            let now = Instant::now();
            let Some(Awaited(until, next)) = self.awaited(now) else {
                match self.take(now).map_err(RecvError)? {
                    Some(update) => return Ok(Some(update)),
                    None => continue,
                }
            };
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(None);
            }
            let first = next.into_iter().chain(deadline).min();
            let is_closed = || self.closer.is_closed();
            let wake = &self.core.shared.wake;
            wake.sleep(until, &self.seen, first, is_closed);
        }
    }

    /// Has the task that waits woken at that time, and no longer at the one set before.
    fn set_timer(&mut self, until: Until, at: Option<Instant>) {
        // A task is woken by where it is registered: the same time for another list is another timer.
        let timer = at.map(|at| (at, until));
        let Some(task) = self.task.filter(|_| self.timer != timer) else {
            return;
        };
        if let Some((before, _)) = self.timer.take() {
            self.core.shared.delivery.forget_timer(before, task);
        }
        if let Some(at) = at {
            let shared = &self.core.shared;
            shared.delivery.set_timer(at, task, shared, until);
        }
        self.timer = timer;
    }

    fn forget_task(&mut self) {
        self.set_timer(Until::News, None);
        if let Some(task) = self.task {
            for until in [Until::News, Until::End] {
                self.core.shared.wake.tasks(until).forget(task);
            }
        }
    }
}

impl Drop for UpdateEvents {
    fn drop(&mut self) {
        self.core.shared.subscribers.fetch_sub(1, Ordering::Relaxed);
        // The queue of a parent process is out of a child's reach.
        if !self.core.shared.is_a_parents() {
            self.cancel_poll();
        }
    }
}
