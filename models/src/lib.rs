//! honker-core's own `wake.rs`, `totals.rs` and `tasks.rs`, between loom's threads instead of the system's: `scripts/models.sh` runs it.
//!
//! Every schedule of two or three threads is run, with each value that the memory model allows a load to give: publish,
//! subscribe, wait, end, close, drop, of what waits as a thread here, and of what waits as a task in `asynchronous.rs`.
#![cfg(loom)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "not everything of the files below is modelled"
)]

#[cfg(test)]
mod asynchronous;
#[path = "../../crates/honker-core/src/tasks.rs"]
mod tasks;
#[path = "../../crates/honker-core/src/totals.rs"]
mod totals;
#[path = "../../crates/honker-core/src/update.rs"]
mod update;
#[path = "../../crates/honker-core/src/wake.rs"]
mod wake;

/// Stands for `honker-core/src/sync.rs`.
mod sync {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, fence};
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
}

/// Why a watcher ended.
mod error {
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) struct Error(pub(crate) &'static str);
}

mod observer {
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Tally {
        pub(crate) commits: u64,
        pub(crate) inexact: Option<()>,
    }

    impl Tally {
        pub(crate) const fn exactly(commits: u64) -> Self {
            Self {
                commits,
                inexact: None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Error;
    use crate::observer::Tally;
    use crate::totals::{News, Totals};
    use crate::wake::{Until, Wake};
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicBool, Ordering};
    use loom::thread;

    pub(crate) fn commit(wake: &Wake) {
        wake.publish(News::Commits(Tally::exactly(1)), true);
    }

    /// What a subscriber does in `recv`: the commits told, and the end.
    fn listen(wake: &Wake, mut seen: Totals, enough: u64) -> (u64, Option<Error>) {
        let mut told = 0;
        while told < enough {
            match wake.take(&mut seen) {
                Ok(Some(update)) => told += update.commits,
                Ok(None) => wake.sleep(Until::News, &seen, None, || false),
                Err(error) => return (told, Some(error)),
            }
        }
        (told, None)
    }

    pub(crate) fn explore(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
        let mut model = loom::model::Builder::new();
        // Each further one multiplies the schedules; those that lose a wake need two.
        model.preemption_bound = Some(preemptions);
        model.check(body);
    }

    #[test]
    fn a_sleeping_subscriber_is_told_every_commit() {
        explore(3, || {
            let wake = Arc::new(Wake::default());
            let seen = wake.totals();
            let publisher = {
                let wake = Arc::clone(&wake);
                thread::spawn(move || {
                    commit(&wake);
                    commit(&wake);
                })
            };
            // Would block for ever, which loom reports, if a wake were lost.
            assert_eq!(listen(&wake, seen, 2), (2, None));
            publisher.join().expect("no panic");
        });
    }

    #[test]
    fn two_subscribers_are_told_the_same() {
        explore(3, || {
            let wake = Arc::new(Wake::default());
            let seen = wake.totals();
            let other = {
                let wake = Arc::clone(&wake);
                thread::spawn(move || listen(&wake, seen, 1))
            };
            let publisher = {
                let wake = Arc::clone(&wake);
                thread::spawn(move || commit(&wake))
            };
            assert_eq!(listen(&wake, seen, 1), (1, None));
            assert_eq!(other.join().expect("no panic"), (1, None));
            publisher.join().expect("no panic");
        });
    }

    #[test]
    fn who_subscribes_meanwhile_is_told_what_is_committed_from_then_on() {
        explore(3, || {
            let wake = Arc::new(Wake::default());
            let publisher = {
                let wake = Arc::clone(&wake);
                thread::spawn(move || {
                    commit(&wake);
                    commit(&wake);
                    wake.end(Error("closed"));
                })
            };
            let seen = wake.totals();
            let before = seen.commits;
            let (told, end) = listen(&wake, seen, u64::MAX);
            assert_eq!(before + told, 2);
            assert_eq!(end, Some(Error("closed")));
            publisher.join().expect("no panic");
        });
    }

    #[test]
    fn the_end_comes_after_the_last_wake_and_the_first_reason_stays() {
        explore(3, || {
            let wake = Arc::new(Wake::default());
            let seen = wake.totals();
            let observer = {
                let wake = Arc::clone(&wake);
                thread::spawn(move || {
                    commit(&wake);
                    wake.end(Error("replaced"))
                })
            };
            let closer = {
                let wake = Arc::clone(&wake);
                thread::spawn(move || wake.end(Error("closed")))
            };
            let (told, end) = listen(&wake, seen, u64::MAX);
            let (replaced, closed) = (
                observer.join().expect("no panic"),
                closer.join().expect("no panic"),
            );
            assert!(replaced != closed, "one of them was the first");
            let reason = if replaced { "replaced" } else { "closed" };
            assert_eq!(end, Some(Error(reason)));
            // What is committed after the end is nobody's business any more.
            assert!(told == 1 || (told == 0 && closed));
        });
    }

    #[test]
    fn closing_ends_a_wait_whenever_it_comes() {
        explore(3, || {
            let wake = Arc::new(Wake::default());
            let is_closed = Arc::new(AtomicBool::new(false));
            let seen = wake.totals();
            let closer = {
                let (wake, is_closed) = (Arc::clone(&wake), Arc::clone(&is_closed));
                thread::spawn(move || {
                    is_closed.store(true, Ordering::SeqCst);
                    wake.disturb();
                })
            };
            while !is_closed.load(Ordering::SeqCst) {
                wake.sleep(Until::News, &seen, None, || {
                    is_closed.load(Ordering::SeqCst)
                });
            }
            closer.join().expect("no panic");
        });
    }

    #[test]
    fn a_subscriber_that_is_dropped_takes_nobody_s_wake_along() {
        explore(3, || {
            let wake = Arc::new(Wake::default());
            let seen = wake.totals();
            let dropped = {
                let wake = Arc::clone(&wake);
                // It begins to listen, and goes.
                thread::spawn(move || wake.sleep(Until::News, &seen, None, || true))
            };
            let publisher = {
                let wake = Arc::clone(&wake);
                thread::spawn(move || commit(&wake))
            };
            assert_eq!(listen(&wake, seen, 1), (1, None));
            dropped.join().expect("no panic");
            publisher.join().expect("no panic");
        });
    }
}
