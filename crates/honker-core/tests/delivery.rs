//! Foreign code that blocks or panics harms only its own subscriber.

use honker_core::{SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, Writer, wait_until};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

/// One at a time: these tests count the delivery threads of the process.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many threads deliver in this process.
fn delivery_threads() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").expect("the threads");
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok())
        .filter(|name| name.trim_end() == "honker-delivery")
        .count()
}

/// A door that wakers wait at.
#[derive(Default)]
struct Door {
    open: Mutex<bool>,
    opened: Condvar,
    inside: AtomicU64,
}

impl Door {
    fn pass(&self) {
        self.inside.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().expect("whole");
        while !*open {
            open = self.opened.wait(open).expect("whole");
        }
    }

    fn open(&self) {
        *self.open.lock().expect("whole") = true;
        self.opened.notify_all();
    }
}

struct Blocks(Arc<Door>);

impl Wake for Blocks {
    fn wake(self: Arc<Self>) {
        self.0.pass();
    }
}

#[derive(Default)]
struct Counts {
    wakes: AtomicU64,
    panics: AtomicBool,
}

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        assert!(
            !self.panics.load(Ordering::SeqCst),
            "a waker that panics, as this test wants"
        );
    }
}

fn open(db: &TempDb) -> SharedUpdateWatcher {
    let builder = SharedUpdateWatcher::builder(db.path());
    builder
        .backend(WatcherBackend::KernelWatch)
        .open()
        .expect("a watcher")
}

fn wait_as_a_task(events: &mut UpdateEvents, waker: impl Wake + Send + Sync + 'static) {
    let waker = Waker::from(Arc::new(waker));
    assert!(
        events
            .poll_recv(&mut Context::from_waker(&waker))
            .is_pending()
    );
}

fn wait_and_count(events: &mut UpdateEvents, counts: &Arc<Counts>) {
    let waker = Waker::from(Arc::clone(counts));
    assert!(
        events
            .poll_recv(&mut Context::from_waker(&waker))
            .is_pending()
    );
}

#[test]
fn wakers_that_block_hold_up_nobody_else_and_their_threads_end() {
    let _alone = alone();
    for blockers in [1, 2, 3, 10] {
        let db = TempDb::new(JournalMode::Wal);
        let watcher = open(&db);
        let door = Arc::new(Door::default());
        let subscribe = || watcher.update_events().expect("a subscription");
        let mut blocked: Vec<_> = (0..blockers).map(|_| subscribe()).collect();
        let mut good: Vec<_> = (0..20).map(|_| subscribe()).collect();
        let mut synchronous = subscribe();
        // One session: where a `-shm` cannot be held, a last close may wake once more.
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        for events in &mut blocked {
            wait_as_a_task(events, Blocks(Arc::clone(&door)));
        }
        // Also those that come while others are stuck, and at every later commit.
        for round in 1..=5 {
            let counts = Arc::new(Counts::default());
            for events in &mut good {
                wait_and_count(events, &counts);
            }
            writer
                .exec(conn, "INSERT INTO t(n) VALUES (1)")
                .expect("a commit");
            let all_woken = wait_until(LONG, || counts.wakes.load(Ordering::SeqCst) == 20);
            assert!(all_woken, "{blockers} blockers, round {round}");
            for events in &mut good {
                assert_eq!(
                    events.try_recv().expect("alive").expect("a wake").commits,
                    1
                );
            }
            assert_eq!(synchronous.recv().expect("alive").commits, 1);
        }
        assert!(wait_until(LONG, || door.inside.load(Ordering::SeqCst) == blockers));
        // A timer runs out in time, too.
        let mut idle = watcher
            .subscribe()
            .idle_poll(Duration::from_millis(30))
            .start()
            .expect("a subscription");
        let counts = Arc::new(Counts::default());
        wait_and_count(&mut idle, &counts);
        assert!(wait_until(LONG, || counts.wakes.load(Ordering::SeqCst) == 1));

        door.open();
        assert!(
            wait_until(LONG, || delivery_threads() <= 2),
            "the stuck threads end: {}",
            delivery_threads()
        );
        // Nothing was lost for those that were stuck.
        for events in &mut blocked {
            assert_eq!(events.recv().expect("alive").commits, 5);
        }
    }
}

#[test]
fn one_task_that_always_blocks_costs_one_thread_at_most() {
    let _alone = alone();
    let db = TempDb::new(JournalMode::Wal);
    let watcher = open(&db);
    let door = Arc::new(Door::default());
    let mut stuck = watcher.update_events().expect("a subscription");
    let mut good = watcher.update_events().expect("a subscription");
    for _ in 0..20 {
        // It takes what has come, and waits again: with a waker that blocks, while its last one still does.
        let _ = stuck.try_recv().expect("alive");
        wait_as_a_task(&mut stuck, Blocks(Arc::clone(&door)));
        let counts = Arc::new(Counts::default());
        wait_and_count(&mut good, &counts);
        db.sql("INSERT INTO t(n) VALUES (1)");
        assert!(wait_until(LONG, || counts.wakes.load(Ordering::SeqCst) == 1));
        assert!(good.try_recv().expect("alive").is_some());
        assert!(delivery_threads() <= 3, "{}", delivery_threads());
    }
    assert_eq!(door.inside.load(Ordering::SeqCst), 1);
    door.open();
    // What came for it meanwhile is delivered then.
    assert!(wait_until(LONG, || door.inside.load(Ordering::SeqCst) == 2));
}

#[test]
fn of_a_hundred_tasks_those_that_panic_harm_only_themselves() {
    let _alone = alone();
    let db = TempDb::new(JournalMode::Wal);
    let watcher = open(&db);
    let mut tasks: Vec<_> = (0..100)
        .map(|number| {
            let counts = Arc::new(Counts::default());
            counts.panics.store(number % 3 == 0, Ordering::SeqCst);
            (watcher.update_events().expect("a subscription"), counts)
        })
        .collect();
    // One session, as above.
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    for round in 1..=3 {
        for (events, counts) in &mut tasks {
            wait_and_count(events, counts);
        }
        writer
            .exec(conn, "INSERT INTO t(n) VALUES (1)")
            .expect("a commit");
        for (events, counts) in &mut tasks {
            assert!(wait_until(LONG, || counts.wakes.load(Ordering::SeqCst) == round));
            assert_eq!(
                events.try_recv().expect("alive").expect("a wake").commits,
                1
            );
        }
    }
}
