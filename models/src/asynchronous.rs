//! Tasks: the observer thread has the delivery thread told that some wait, and that one calls their wakers.

use crate::error::Error;
use crate::tests::{commit, explore};
use crate::totals::Totals;
use crate::wake::{Until, Wake};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use std::task::Waker;

/// The number of the one subscription that waits.
const TASK: u64 = 7;
/// A thread's turn to go on.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().expect("no panic") = true;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let mut rung = self.rung.lock().expect("no panic");
        while !*rung {
            rung = self.changed.wait(rung).expect("no panic");
        }
        *rung = false;
    }
}

/// Wakes the executor of a task.
#[derive(Default)]
struct Executor(Bell);

impl std::task::Wake for Executor {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.ring();
    }
}

/// What the observer, the delivery thread and the task share.
#[derive(Default)]
struct Watcher {
    wake: Wake,
    posted: Bell,
    over: AtomicBool,
}

impl Watcher {
    /// As `Delivery::wake_tasks`.
    fn tell(&self) {
        if self.wake.tasks(Until::News).are_to_be_told() {
            self.posted.ring();
        }
    }

    fn publish(&self) {
        commit(&self.wake);
        self.tell();
    }

    fn end(&self) {
        self.wake.end(Error("closed"));
        self.tell();
    }

    /// The delivery thread, until it is over.
    fn deliver(&self) {
        loop {
            self.posted.wait();
            let tasks = self.wake.tasks(Until::News);
            for task in tasks.to_be_woken() {
                if let Some(waker) = tasks.take(task) {
                    waker.wake();
                }
            }
            if self.over.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    fn is_over(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.posted.ring();
    }

    /// As `poll_step`: looks, registers, and looks again before it says that it waits.
    fn poll(&self, seen: &mut Totals, waker: &Waker) -> Option<Result<u64, Error>> {
        let mut registered = false;
        loop {
            match self.wake.take(seen) {
                Ok(Some(update)) => {
                    self.wake.tasks(Until::News).forget(TASK);
                    return Some(Ok(update.commits));
                }
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
            if registered {
                return None;
            }
            self.wake.tasks(Until::News).register(TASK, waker);
            registered = true;
        }
    }

    /// A task that is polled only when it was woken: the commits told, and the end.
    fn run(&self, mut seen: Totals, enough: u64) -> (u64, Option<Error>) {
        let executor = std::sync::Arc::<Executor>::default();
        let waker = Waker::from(std::sync::Arc::clone(&executor));
        let mut told = 0;
        while told < enough {
            match self.poll(&mut seen, &waker) {
                Some(Ok(commits)) => told += commits,
                Some(Err(error)) => return (told, Some(error)),
                None => executor.0.wait(),
            }
        }
        (told, None)
    }
}

/// Runs `observer` in a thread, with a delivery thread beside it, and `task` here.
fn with_delivery(
    watcher: &Arc<Watcher>,
    observer: impl FnOnce(&Watcher) + 'static,
    task: impl FnOnce(),
) {
    let delivery = {
        let watcher = Arc::clone(watcher);
        thread::spawn(move || watcher.deliver())
    };
    let observer = {
        let watcher = Arc::clone(watcher);
        thread::spawn(move || observer(&watcher))
    };
    task();
    observer.join().expect("no panic");
    watcher.is_over();
    delivery.join().expect("no panic");
}

#[test]
fn a_task_that_waits_is_woken_for_a_commit() {
    explore(2, || {
        let watcher = Arc::new(Watcher::default());
        let seen = watcher.wake.totals();
        with_delivery(&watcher, Watcher::publish, || {
            // Would never be polled again, which loom reports, if a wake were lost.
            assert_eq!(watcher.run(seen, 1), (1, None));
        });
    });
}

#[test]
fn a_task_that_waits_again_is_woken_again() {
    explore(2, || {
        let watcher = Arc::new(Watcher::default());
        let seen = watcher.wake.totals();
        let observer = |watcher: &Watcher| {
            watcher.publish();
            watcher.publish();
        };
        with_delivery(&watcher, observer, || {
            assert_eq!(watcher.run(seen, 2), (2, None));
        });
    });
}

#[test]
fn a_task_that_waits_is_woken_for_the_end() {
    explore(2, || {
        let watcher = Arc::new(Watcher::default());
        let seen = watcher.wake.totals();
        let observer = |watcher: &Watcher| {
            watcher.publish();
            watcher.end();
        };
        with_delivery(&watcher, observer, || {
            assert_eq!(watcher.run(seen, u64::MAX), (1, Some(Error("closed"))));
        });
    });
}

/// It was polled by one executor, and then by another: the last one counts.
#[test]
fn a_task_that_moves_to_another_executor_is_woken_there() {
    explore(2, || {
        let watcher = Arc::new(Watcher::default());
        let seen = watcher.wake.totals();
        with_delivery(&watcher, Watcher::publish, || {
            let elsewhere = Waker::from(std::sync::Arc::<Executor>::default());
            let mut seen = seen;
            let told = match watcher.poll(&mut seen, &elsewhere) {
                Some(first) => first.expect("alive"),
                None => 0,
            };
            assert_eq!(watcher.run(seen, 1 - told), (1 - told, None));
        });
    });
}

/// One that is dropped takes its waker along, whenever that is, and leaves the others theirs.
#[test]
fn a_task_that_is_dropped_is_forgotten() {
    explore(2, || {
        let watcher = Arc::new(Watcher::default());
        let mut seen = watcher.wake.totals();
        with_delivery(&watcher, Watcher::publish, || {
            let executor = std::sync::Arc::<Executor>::default();
            let waker = Waker::from(std::sync::Arc::clone(&executor));
            let _ = watcher.poll(&mut seen, &waker);
            watcher.wake.tasks(Until::News).forget(TASK);
            assert!(watcher.wake.tasks(Until::News).take(TASK).is_none());
        });
    });
}
