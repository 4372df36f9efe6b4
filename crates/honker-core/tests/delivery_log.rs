//! A `tracing` subscriber that hangs holds up nobody but the log. (A process of its own: there is one for a process.)

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, Writer, wait_until};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Wake, Waker};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static HANGS: Mutex<bool> = Mutex::new(true);
static RELEASED: Condvar = Condvar::new();
static TOLD: AtomicU64 = AtomicU64::new(0);

/// Hangs in every event until it is released.
struct Hangs;

impl Subscriber for Hangs {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn event(&self, _: &Event<'_>) {
        let mut hangs = HANGS.lock().expect("whole");
        while *hangs {
            hangs = RELEASED.wait(hangs).expect("whole");
        }
        TOLD.fetch_add(1, Ordering::SeqCst);
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Counts(AtomicU64);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_subscriber_of_the_log_that_hangs_holds_up_neither_tasks_nor_threads_and_hears_all_later() {
    tracing::subscriber::set_global_default(Hangs).expect("nobody else listens");
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let open = || {
        let builder = SharedUpdateWatcher::builder(db.path());
        builder.backend(WatcherBackend::Polling).open()
    };
    let watcher = open().expect("a watcher");
    let mut task = watcher.update_events().expect("a subscription");
    let mut blocked = watcher.update_events().expect("a subscription");
    for round in 1..=10 {
        let counts = Arc::new(Counts(AtomicU64::new(0)));
        let waker = Waker::from(Arc::clone(&counts));
        assert!(
            task.poll_recv(&mut Context::from_waker(&waker))
                .is_pending()
        );
        // Each one that comes and goes is worth two lines.
        drop(open().expect("another"));
        let inserted = writer.exec(conn, "INSERT INTO t(n) VALUES (1)");
        inserted.expect("a commit");
        assert!(
            wait_until(LONG, || counts.0.load(Ordering::SeqCst) == 1),
            "woken in round {round}"
        );
        assert_eq!(task.try_recv().expect("alive").expect("a wake").commits, 1);
        assert_eq!(blocked.recv().expect("alive").commits, 1);
    }
    assert_eq!(TOLD.load(Ordering::SeqCst), 0);
    *HANGS.lock().expect("whole") = false;
    RELEASED.notify_all();
    assert!(wait_until(LONG, || TOLD.load(Ordering::SeqCst) >= 21));
}
