//! What is to be delivered, and whether the thread whose turn it is gets on with it. Plain data: it waits for nothing.

use super::notice::Notice;
use crate::shared::Shared;
use crate::wake::Until;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// Foreign code that takes longer than this no longer holds up the rest.
const PATIENCE: Duration = Duration::from_millis(5);

/// As many threads at most may be inside foreign code: should more of it block than this, the rest waits after all.
const MOST: usize = 64;

/// More notices than this are not kept: the oldest go, should a `tracing` subscriber hang.
const LIMIT: usize = 1024;

/// A call into foreign code.
#[derive(Debug)]
pub(super) enum Call {
    Tell(Notice),
    /// Wakes a task, if it waits.
    Wake(Arc<Shared>, Until, u64),
}

/// What the thread whose turn it is does next.
#[derive(Debug)]
pub(super) enum Next {
    /// List the tasks that wait for this, with [`Queue::wake_each`]. Not foreign code.
    List(Arc<Shared>, Until),
    /// Call foreign code, and then say so with [`Queue::returned`].
    Call(Call),
    /// Wait, until then at most.
    Wait(Option<Instant>),
}

#[derive(Debug)]
enum Job {
    /// Tell the oldest notice.
    Tell,
    WakeAll(Arc<Shared>, Until),
    WakeOne(Arc<Shared>, Until, u64),
}

/// A task whose waker runs, and what it is to be woken for once that has returned. One thread at most is inside the
/// wakers of one task: so one that always blocks cannot take them all.
#[derive(Debug)]
struct Waking {
    task: u64,
    again: Vec<(Arc<Shared>, Until)>,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    jobs: VecDeque<Job>,
    notices: VecDeque<Notice>,
    /// Whether a [`Job::Tell`] waits or runs. There is never a second one: the log is told line by line.
    telling: bool,
    /// Tasks that are to be woken at a time, by their number.
    timers: BTreeMap<(Instant, u64), (Weak<Shared>, Until)>,
    waking: Vec<Waking>,
    /// How many threads are inside foreign code.
    inside: usize,
    /// Since when the thread whose turn it is has been.
    inside_since: Option<Instant>,
    turn: u64,
    /// When the standby looks next whether that thread is stuck.
    standby_looks: Option<Instant>,
    pub(super) has_standby: bool,
}

impl Queue {
    pub(super) fn note(&mut self, notice: Notice) {
        if self.notices.len() >= LIMIT {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
        if !self.telling {
            self.telling = true;
            self.jobs.push_back(Job::Tell);
        }
    }

    /// Has all tasks woken that wait for this.
    pub(super) fn wake_all(&mut self, shared: Arc<Shared>, until: Until) {
        self.jobs.push_back(Job::WakeAll(shared, until));
    }

    pub(super) fn wake_each(&mut self, tasks: Vec<u64>, shared: &Arc<Shared>, until: Until) {
        let jobs = tasks.into_iter();
        self.jobs
            .extend(jobs.map(|task| Job::WakeOne(Arc::clone(shared), until, task)));
    }

    pub(super) fn set_timer(&mut self, at: Instant, task: u64, timer: (Weak<Shared>, Until)) {
        self.timers.insert((at, task), timer);
    }

    pub(super) fn forget_timer(&mut self, at: Instant, task: u64) {
        self.timers.remove(&(at, task));
    }

    /// What to do next. Whoever has the turn asks; a call counts as begun.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        loop {
            let job = match self.take_timer(now) {
                Some(job) => job,
                None => match self.jobs.pop_front() {
                    Some(job) => job,
                    None => return Next::Wait(self.first_timer()),
                },
            };
            let call = match job {
                Job::WakeAll(shared, until) => return Next::List(shared, until),
                Job::WakeOne(shared, until, task) => self.begin_to_wake(shared, until, task),
                Job::Tell => self.notices.pop_front().map(Call::Tell),
            };
            if let Some(call) = call {
                self.inside += 1;
                self.inside_since = Some(now);
                return Next::Call(call);
            }
        }
    }

    fn begin_to_wake(&mut self, shared: Arc<Shared>, until: Until, task: u64) -> Option<Call> {
        let mut waking = self.waking.iter_mut();
        if let Some(waking) = waking.find(|waking| waking.task == task) {
            if waking.again.iter().all(|(_, other)| *other != until) {
                waking.again.push((shared, until));
            }
            return None;
        }
        let again = Vec::new();
        self.waking.push(Waking { task, again });
        Some(Call::Wake(shared, until, task))
    }

    fn first_timer(&self) -> Option<Instant> {
        self.timers.first_key_value().map(|(&(at, _), _)| at)
    }

    fn take_timer(&mut self, now: Instant) -> Option<Job> {
        while self.first_timer().is_some_and(|at| at <= now) {
            let ((_, task), (shared, until)) = self.timers.pop_first()?;
            if let Some(shared) = shared.upgrade() {
                return Some(Job::WakeOne(shared, until, task));
            }
        }
        None
    }

    /// A call has returned, to the thread with this turn: `task` is the one that was woken, if one was.
    pub(super) fn returned(&mut self, turn: u64, task: Option<u64>) {
        self.inside -= 1;
        if turn == self.turn {
            self.inside_since = None;
        }
        match task {
            None => {
                self.telling = !self.notices.is_empty();
                if self.telling {
                    self.jobs.push_back(Job::Tell);
                }
            }
            Some(task) => {
                let found = self.waking.iter().position(|waking| waking.task == task);
                let waking = found.map(|index| self.waking.swap_remove(index));
                for (shared, until) in waking.into_iter().flat_map(|waking| waking.again) {
                    self.jobs.push_back(Job::WakeOne(shared, until, task));
                }
            }
        }
    }

    pub(super) fn turn(&self) -> u64 {
        self.turn
    }

    pub(super) fn is_inside(&self) -> bool {
        self.inside_since.is_some()
    }

    /// When the thread whose turn it is counts as stuck: it is inside foreign code, and something else waits.
    fn stuck_at(&self) -> Option<Instant> {
        let patience = self.inside_since? + PATIENCE;
        if self.inside >= MOST {
            None
        } else if self.jobs.is_empty() {
            self.first_timer().map(|at| at.max(patience))
        } else {
            Some(patience)
        }
    }

    /// Whether the standby has to be woken, because it would look too late. Asked whenever
    /// [`stuck_at`](Self::stuck_at) may have come nearer.
    ///
    /// It looks once in [`PATIENCE`] at most, however many calls there are; and never, if nothing ever waits for one.
    pub(super) fn must_alert(&mut self) -> bool {
        let stuck_at = self.stuck_at();
        let alert = stuck_at.is_some_and(|at| self.standby_looks.is_none_or(|looks| looks > at));
        if alert {
            self.standby_looks = stuck_at;
        }
        alert
    }

    /// When the standby has to look next; asked by it, which looks by asking.
    pub(super) fn standby_looks(&mut self, now: Instant) -> Option<Instant> {
        if self.standby_looks.is_some_and(|at| at <= now) {
            self.standby_looks = self.stuck_at();
        }
        self.standby_looks
    }

    /// The standby takes the turn of a thread that is stuck. What that one does not have yet is delivered by the standby
    /// from here on.
    pub(super) fn take_over(&mut self) -> u64 {
        self.turn += 1;
        self.inside_since = None;
        self.standby_looks = None;
        self.has_standby = false;
        self.turn
    }
}
