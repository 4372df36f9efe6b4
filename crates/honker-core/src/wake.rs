//! The wake of one watcher: a generation counter that subscribers compare with the one they have seen.
//!
//! # The protocol
//!
//! The observer thread adds to the totals and raises `generation` under the lock, and notifies once it has given that
//! back: who is woken takes it, and where it is still held they run into each other (two wakes in three did, and waited
//! for the end of the next look). A subscriber checks the generation and begins to sleep under the same lock, so that no wake falls in between.
//! There is no queue: a slow subscriber costs nothing and delays nobody.
//!
//! Threads that block are woken by the observer thread: a futex call. Async tasks are not, because a waker is foreign
//! code, which may write to descriptors that do not exist in the observer's table: the delivery thread wakes them.

use crate::error::Error;
use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard};
use crate::tasks::Tasks;
use crate::totals::{News, Totals};
use crate::update::Update;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

#[derive(Debug, Default)]
struct State {
    totals: Totals,
    ended: Option<Error>,
}

/// Shared by the observer thread and the subscriptions.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    /// `totals.wakes`, doubled, plus 1 once ended: one load tells a subscriber whether to take the lock.
    generation: AtomicU64,
    state: Mutex<State>,
    blocked: Condvar,
    /// Threads that hold a wake back (`min_interval`): only the end concerns them.
    holding: Condvar,
    tasks: Tasks,
    holding_tasks: Tasks,
}

/// What a subscriber waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// News, or the end.
    News,
    /// The end only.
    End,
}

impl Until {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::News => Self::End,
            Self::End => Self::News,
        }
    }
}

impl Wake {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if something did, the numbers in it are still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports to every subscriber. Called by the observer thread. `is_conclusive`: all that is committed by now is told with
    /// it.
    pub(crate) fn publish(&self, news: News, is_conclusive: bool) {
        {
            let mut state = self.state();
            if state.ended.is_some() {
                return;
            }
            state.totals.add(news, is_conclusive);
            self.generation
                .store(state.totals.wakes * 2, Ordering::Release);
        }
        self.blocked.notify_all();
    }

    /// Nothing that is committed by now is left to tell: who begins to listen in doubt is told exactly from here on.
    pub(crate) fn settle(&self) {
        self.state().totals.settle();
    }

    /// Ends every subscription with `reason`. The first reason stays. Says whether this one was the first.
    pub(crate) fn end(&self, reason: Error) -> bool {
        {
            let mut state = self.state();
            if state.ended.is_some() {
                return false;
            }
            state.ended = Some(reason);
            self.generation.fetch_or(1, Ordering::Release);
        }
        self.disturb();
        true
    }

    /// Has every blocked thread look again.
    pub(crate) fn disturb(&self) {
        // Whoever has found nothing under the lock sleeps by now.
        drop(self.state());
        self.blocked.notify_all();
        self.holding.notify_all();
    }

    /// The async tasks that wait for this. The delivery thread wakes them.
    pub(crate) fn tasks(&self, until: Until) -> &Tasks {
        match until {
            Until::News => &self.tasks,
            Until::End => &self.holding_tasks,
        }
    }

    /// Whether something has happened since `seen`, or the watcher has ended.
    pub(crate) fn is_reached(&self, until: Until, seen: &Totals) -> bool {
        let generation = self.generation.load(Ordering::Acquire);
        match until {
            Until::News => generation != seen.wakes * 2,
            Until::End => generation & 1 == 1,
        }
    }

    pub(crate) fn totals(&self) -> Totals {
        self.state().totals
    }

    /// Why the watcher ended, if it has.
    pub(crate) fn ended(&self) -> Option<Error> {
        self.state().ended.clone()
    }

    /// What has happened since `seen`, which is moved forward. A wake that came before the end is reported before it.
    pub(crate) fn take(&self, seen: &mut Totals) -> Result<Option<Update>, Error> {
        if !self.is_reached(Until::News, seen) {
            return Ok(None);
        }
        let state = self.state();
        if state.totals.wakes == seen.wakes {
            return state.ended.clone().map_or(Ok(None), Err);
        }
        Ok(Some(seen.move_to(&state.totals)))
    }

    /// Blocks until [`is_reached`](Self::is_reached) or `is_closed`, or until `deadline`. May end early.
    pub(crate) fn sleep(
        &self,
        until: Until,
        seen: &Totals,
        deadline: Option<Instant>,
        is_closed: impl FnOnce() -> bool,
    ) {
        let sleepers = match until {
            Until::News => &self.blocked,
            Until::End => &self.holding,
        };
        let state = self.state();
        if self.is_reached(until, seen) || is_closed() {
            return;
        }
        // Poisoned or not: see `state`.
        match deadline {
            None => drop(sleepers.wait(state)),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                drop(sleepers.wait_timeout(state, left));
            }
        }
    }
}
