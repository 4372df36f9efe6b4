//! Async tasks: woken without a runtime, on a thread that is not the observer's.

use honker_core::{
    ErrorKind, RecvError, SharedUpdateWatcher, Update, UpdateEvents, WatcherBackend,
};
use honker_testkit::{JournalMode, LONG, TempDb, Writer, wait_until};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Instant;

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];

/// A hand-written executor: a waker that unparks the thread, and says which thread woke it.
struct Unpark {
    thread: Thread,
    woken_by_observer: AtomicU64,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        if std::thread::current().name() == Some("honker-observer") {
            self.woken_by_observer.fetch_add(1, Ordering::SeqCst);
        }
        self.thread.unpark();
    }
}

fn block_on(events: &mut UpdateEvents) -> Result<Update, RecvError> {
    let unpark = Arc::new(Unpark {
        thread: std::thread::current(),
        woken_by_observer: AtomicU64::new(0),
    });
    let waker = Waker::from(Arc::clone(&unpark));
    let deadline = Instant::now() + LONG;
    loop {
        if let Poll::Ready(result) = events.poll_recv(&mut Context::from_waker(&waker)) {
            assert_eq!(unpark.woken_by_observer.load(Ordering::SeqCst), 0);
            return result;
        }
        std::thread::park_timeout(LONG);
        assert!(Instant::now() < deadline, "woken within {LONG:?}");
    }
}

fn open(db: &TempDb, backend: WatcherBackend) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = SharedUpdateWatcher::builder(db.path())
        .backend(backend)
        .open();
    let watcher = watcher.expect("a watcher");
    let events = watcher.update_events().expect("a subscription");
    (watcher, events)
}

#[test]
fn a_task_is_woken_for_every_commit_and_never_by_the_observer_thread() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Wal);
        let (_watcher, mut events) = open(&db, backend);
        let path = db.path().to_path_buf();
        let writing = std::thread::spawn(move || {
            let mut writer = Writer::spawn();
            let conn = writer.open(path);
            for _ in 0..200 {
                writer
                    .exec(conn, "INSERT INTO t(n) VALUES (1)")
                    .expect("a commit");
            }
        });
        let mut commits = 0;
        while commits < 200 {
            commits += block_on(&mut events).expect("alive").commits;
        }
        assert_eq!(commits, 200);
        writing.join().expect("no panic");
    }
}

#[test]
fn closing_wakes_a_task_with_the_reason() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, mut events) = open(&db, backend);
        let waiting = std::thread::spawn(move || block_on(&mut events));
        watcher.close();
        let error = waiting.join().expect("no panic").expect_err("closed");
        assert_eq!(error.kind(), ErrorKind::Closed);
    }
}

struct Panics(AtomicU64);

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a waker that panics, as this test wants");
    }
}

#[test]
fn a_waker_that_panics_harms_only_its_own_subscriber() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, mut good) = open(&db, backend);
        let mut bad = watcher.update_events().expect("a subscription");
        let panics = Arc::new(Panics(AtomicU64::new(0)));
        for round in 1..=3 {
            let waker = Waker::from(Arc::clone(&panics));
            assert!(bad.poll_recv(&mut Context::from_waker(&waker)).is_pending());
            db.sql("INSERT INTO t(n) VALUES (1)");
            assert_eq!(block_on(&mut good).expect("alive").commits, 1);
            assert!(wait_until(LONG, || panics.0.load(Ordering::SeqCst) == round));
            assert_eq!(bad.try_recv().expect("alive").expect("a wake").commits, 1);
        }
    }
}

struct Counts(AtomicU64);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_subscription_dropped_while_its_task_waits_leaves_no_waker_behind() {
    let db = TempDb::new(JournalMode::Delete);
    let (_watcher, mut events) = open(&db, WatcherBackend::KernelWatch);
    let counts = Arc::new(Counts(AtomicU64::new(0)));
    let waker = Waker::from(Arc::clone(&counts));
    assert!(
        events
            .poll_recv(&mut Context::from_waker(&waker))
            .is_pending()
    );
    drop(waker);
    assert_eq!(Arc::strong_count(&counts), 2);
    drop(events);
    assert_eq!(Arc::strong_count(&counts), 1);
    assert_eq!(counts.0.load(Ordering::SeqCst), 0);
}

#[test]
fn one_subscription_is_closed_while_it_is_waited_for_and_the_others_go_on() {
    let db = TempDb::new(JournalMode::Delete);
    let (watcher, mut stays) = open(&db, WatcherBackend::Polling);
    let mut blocked = watcher.update_events().expect("a subscription");
    let mut task = watcher.update_events().expect("a subscription");
    let closers = [blocked.closer(), task.closer()];
    let blocked = std::thread::spawn(move || blocked.recv());
    let task = std::thread::spawn(move || block_on(&mut task));
    for closer in &closers {
        closer.close();
        closer.close();
    }
    for ended in [blocked, task] {
        let error = ended.join().expect("no panic").expect_err("the end");
        assert_eq!(error.kind(), ErrorKind::Closed);
    }
    assert!(wait_until(LONG, || watcher.stats().subscribers == 1));
    db.sql("INSERT INTO t(n) VALUES (1)");
    assert_eq!(block_on(&mut stays).expect("alive").commits, 1);
}

#[test]
fn a_poll_that_was_cancelled_calls_no_waker() {
    struct Counts(AtomicU64);
    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let db = TempDb::new(JournalMode::Delete);
    let (watcher, mut events) = open(&db, WatcherBackend::Polling);
    let counts = Arc::new(Counts(AtomicU64::new(0)));
    let waker = Waker::from(Arc::clone(&counts));
    let mut context = Context::from_waker(&waker);
    assert!(events.poll_recv(&mut context).is_pending());
    events.cancel_poll();
    // This one and the test's own are left.
    assert_eq!(Arc::strong_count(&counts), 2);
    let mut other = watcher.update_events().expect("a subscription");
    db.sql("INSERT INTO t(n) VALUES (1)");
    assert_eq!(block_on(&mut other).expect("alive").commits, 1);
    assert_eq!(counts.0.load(Ordering::SeqCst), 0);
    assert_eq!(
        events
            .try_recv()
            .expect("alive")
            .map(|update| update.commits),
        Some(1)
    );
}

#[test]
fn being_told_that_there_is_something_takes_nothing() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Wal);
        let (watcher, mut events) = open(&db, backend);
        let mut context = Context::from_waker(Waker::noop());
        assert!(events.poll_ready(&mut context).is_pending());
        db.sql("INSERT INTO t(n) VALUES (1)");
        assert!(wait_until(LONG, || events
            .poll_ready(&mut context)
            .is_ready()));
        assert!(events.poll_ready(&mut context).is_ready(), "still there");
        assert!(matches!(events.try_recv(), Ok(Some(update)) if update.commits >= 1));
        while let Ok(Some(_)) = events.try_recv() {}
        assert!(events.poll_ready(&mut context).is_pending());
        watcher.close();
        assert!(matches!(
            events.poll_ready(&mut context),
            Poll::Ready(Ok(()))
        ));
        let end = events.try_recv().expect_err("closed");
        assert_eq!(end.kind(), ErrorKind::Closed);
    }
}
