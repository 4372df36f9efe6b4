//! The delivery thread: what must not run on the observer thread runs here.
//!
//! Wakers of async tasks and `tracing` subscribers are foreign code: they may take any time, and they write to
//! descriptors that do not exist in the observer's table. So the observer thread only leaves a job, and this thread
//! does it. It is started by a thread of the host (one started by the observer would share *its* table), and only when
//! the first task waits or somebody listens to `tracing`.
//!
//! Foreign code that panics is caught. For foreign code that blocks there is a second thread, the *standby*. It sleeps
//! until something waits behind a call that takes too long: then it takes the turn over and starts the next standby.
//! The thread that was stuck ends when its call returns.

mod notice;
mod queue;

pub(crate) use notice::Notice;

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::shared::Shared;
use crate::wake::Until;
use queue::{Call, Next, Queue};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tracing::level_filters::LevelFilter;

/// What the host, the observer thread and the delivery threads share.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    queue: Mutex<Queue>,
    /// For the thread whose turn it is.
    posted: Condvar,
    /// For the standby.
    alert: Condvar,
    /// Held while the first thread is being started.
    starting: Mutex<()>,
    started: AtomicBool,
}

/// A child made by `fork` has no such threads.
static DELIVERY: PerProcess<Delivery> = PerProcess::new(Delivery::default);

/// This process's.
pub(crate) fn of_this_process() -> &'static Delivery {
    DELIVERY.get()
}

/// Leaves a notice, if there is a thread to tell it.
pub(crate) fn post(notice: impl FnOnce() -> Notice) {
    let delivery = of_this_process();
    if delivery.started.load(Ordering::Relaxed) {
        let notice = notice();
        delivery.leave(|queue| queue.note(notice));
    }
}

impl Delivery {
    /// Starts the thread if a `tracing` subscriber is installed. Called by threads of the host.
    pub(crate) fn start_if_wanted(&'static self) {
        if LevelFilter::current() != LevelFilter::OFF {
            // Without it, only the log is silent.
            let _ = self.start();
        }
    }

    /// Starts the thread, unless it runs. Called by threads of the host.
    fn start(&'static self) -> std::io::Result<()> {
        if self.started.load(Ordering::Relaxed) {
            return Ok(());
        }
        let _one_at_a_time = self.starting.lock();
        if !self.started.load(Ordering::Relaxed) {
            let turn = self.lock().turn();
            spawn(move || self.deliver(turn))?;
            self.started.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The same, for a subscription that is about to wait as a task.
    pub(crate) fn start_for(&'static self, shared: &Shared) -> Result<()> {
        self.start().map_err(|error| {
            let what = "cannot start a thread to deliver updates of";
            Error::no_thread(&shared.location.path, what, error)
        })
    }

    /// Has the tasks woken that wait for this of a watcher.
    pub(crate) fn wake_tasks(&self, shared: &Arc<Shared>, until: Until) {
        if shared.wake.tasks(until).are_to_be_told() {
            self.leave(|queue| queue.wake_all(Arc::clone(shared), until));
        }
    }

    /// Has a task that waits woken at a time, if it still waits then.
    pub(crate) fn set_timer(&self, at: Instant, task: u64, shared: &Arc<Shared>, until: Until) {
        let timer = (Arc::downgrade(shared), until);
        self.leave(|queue| queue.set_timer(at, task, timer));
    }

    /// Takes a timer back.
    pub(crate) fn forget_timer(&self, at: Instant, task: u64) {
        self.lock().forget_timer(at, task);
    }

    /// Leaves something to be done. Never waits for foreign code.
    fn leave(&self, what: impl FnOnce(&mut Queue)) {
        let mut queue = self.lock();
        what(&mut queue);
        let alert = queue.must_alert();
        let is_inside = queue.is_inside();
        drop(queue);
        if alert {
            self.alert.notify_one();
        }
        if !is_inside {
            self.posted.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what is left to be done, as long as it is this thread's turn.
    fn deliver(&'static self, turn: u64) {
        let mut queue = self.lock();
        while queue.turn() == turn {
            queue = match queue.next(Instant::now()) {
                Next::Wait(until) => wait(&self.posted, queue, until),
                Next::List(shared, until) => {
                    drop(queue);
                    let tasks = shared.wake.tasks(until).to_be_woken();
                    queue = self.lock();
                    queue.wake_each(tasks, &shared, until);
                    queue
                }
                Next::Call(call) => {
                    self.call(turn, call, queue);
                    self.lock()
                }
            };
        }
    }

    fn call(&'static self, turn: u64, call: Call, mut queue: MutexGuard<'_, Queue>) {
        if queue.must_alert() {
            self.alert.notify_one();
        }
        let wants_standby = !std::mem::replace(&mut queue.has_standby, true);
        drop(queue);
        if wants_standby && spawn(|| self.stand_by()).is_err() {
            // The next call tries again; until then, one that blocks holds up the rest.
            self.lock().has_standby = false;
        }
        let task = match call {
            Call::Tell(notice) => {
                harmless(|| notice.tell());
                None
            }
            Call::Wake(shared, until, task) => {
                if let Some(waker) = shared.wake.tasks(until).take(task) {
                    harmless(|| waker.wake());
                }
                Some(task)
            }
        };
        self.leave(|queue| queue.returned(turn, task));
    }

    /// Waits until the thread whose turn it is gets stuck, and goes on in its place.
    fn stand_by(&'static self) {
        let mut queue = self.lock();
        let turn = loop {
            let now = Instant::now();
            match queue.standby_looks(now) {
                Some(at) if at <= now => break queue.take_over(),
                looks => queue = wait(&self.alert, queue, looks),
            }
        };
        drop(queue);
        self.deliver(turn);
    }
}

/// Called by threads in the host's descriptor table, so that the new one has it too.
fn spawn(body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("honker-delivery".to_owned());
    thread.spawn(body).map(drop)
}

fn wait<'a>(
    event: &Condvar,
    queue: MutexGuard<'a, Queue>,
    until: Option<Instant>,
) -> MutexGuard<'a, Queue> {
    match until {
        None => event.wait(queue).unwrap_or_else(PoisonError::into_inner),
        Some(at) => {
            let wait = at.saturating_duration_since(Instant::now());
            let waited = event.wait_timeout(queue, wait);
            waited.unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

/// Runs foreign code. If it panics, that harms its own subscriber only.
fn harmless(foreign: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(foreign)) {
        // What it panicked with is foreign too, and so is what dropping that may panic with: that one is let be.
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(another);
        }
    }
}
