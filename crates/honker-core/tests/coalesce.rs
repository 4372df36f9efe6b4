//! Coalescing: one pending wake a subscriber, never a queue, and nobody waits for anybody.

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, Writer, wait_until};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];
const SUBSCRIBERS: u64 = 1000;
const COMMITS: u64 = 100;

fn table(mode: JournalMode) -> TempDb {
    let db = TempDb::new(mode);
    db.sql("CREATE TABLE mine(x)");
    db
}

#[test]
fn a_thousand_subscribers_each_account_for_every_commit() {
    for backend in BACKENDS {
        let db = table(JournalMode::Wal);
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .open();
        let watcher = watcher.expect("a watcher");
        let finished = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..SUBSCRIBERS)
            .map(|_| {
                let mut events = watcher.update_events().expect("a subscription");
                let finished = Arc::clone(&finished);
                std::thread::Builder::new()
                    .stack_size(64 * 1024)
                    .spawn(move || {
                        let (mut commits, mut last) = (0, 0);
                        while commits < COMMITS {
                            let update = events.recv().expect("alive");
                            assert!(update.seq > last && update.exact);
                            last = update.seq;
                            commits += update.commits;
                        }
                        assert_eq!(commits, COMMITS);
                        finished.fetch_add(1, Ordering::SeqCst);
                    })
                    .expect("a thread")
            })
            .collect();
        assert_eq!(watcher.stats().subscribers, SUBSCRIBERS);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        for _ in 0..COMMITS {
            writer
                .exec(conn, "INSERT INTO mine VALUES (1)")
                .expect("a commit");
        }
        assert!(
            wait_until(LONG, || finished.load(Ordering::SeqCst) == SUBSCRIBERS),
            "{} of {SUBSCRIBERS} finished",
            finished.load(Ordering::SeqCst)
        );
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert!(wait_until(LONG, || watcher.stats().subscribers == 0));
    }
}

#[test]
fn a_slow_subscriber_holds_one_pending_wake_and_delays_nobody() {
    for backend in BACKENDS {
        let db = table(JournalMode::Delete);
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .open();
        let watcher = watcher.expect("a watcher");
        let mut slow = watcher.update_events().expect("a subscription");
        let mut quick = watcher.update_events().expect("a subscription");
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        for _ in 0..50 {
            writer
                .exec(conn, "INSERT INTO mine VALUES (1)")
                .expect("a commit");
            assert_eq!(
                quick
                    .recv_timeout(LONG)
                    .expect("alive")
                    .expect("a wake")
                    .commits,
                1
            );
        }
        let all = slow.try_recv().expect("alive").expect("one wake");
        assert_eq!((all.seq, all.commits, all.exact), (50, 50, true));
        assert_eq!(slow.try_recv().expect("alive"), None);
    }
}

#[test]
fn a_subscriber_dropped_while_others_wait_harms_nobody() {
    for backend in BACKENDS {
        let db = table(JournalMode::Delete);
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .open();
        let watcher = watcher.expect("a watcher");
        let mut stays = watcher.update_events().expect("a subscription");
        let mut gives_up = watcher.update_events().expect("a subscription");
        let waiting = std::thread::spawn(move || stays.recv().expect("alive"));
        let given_up = std::thread::spawn(move || {
            assert_eq!(
                gives_up
                    .recv_timeout(Duration::from_millis(1))
                    .expect("alive"),
                None
            );
        });
        given_up.join().expect("no panic");
        db.sql("INSERT INTO mine VALUES (1)");
        assert_eq!(waiting.join().expect("no panic").commits, 1);
    }
}

#[test]
fn a_subscription_outlives_the_watcher_it_came_from() {
    for backend in BACKENDS {
        let db = table(JournalMode::Delete);
        let mut events = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .open()
            .expect("a watcher")
            .update_events()
            .expect("a subscription");
        db.sql("INSERT INTO mine VALUES (1)");
        assert_eq!(
            events
                .recv_timeout(LONG)
                .expect("alive")
                .expect("a wake")
                .commits,
            1
        );
    }
}
