//! The shm backend: WAL only, more looks while commits keep coming.

use honker_core::{ErrorKind, SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, Writer, count};

fn open(db: &TempDb) -> Result<SharedUpdateWatcher, honker_core::Error> {
    SharedUpdateWatcher::builder(db.path())
        .backend(WatcherBackend::ShmFastPath)
        .open()
}

#[test]
fn shm_accounts_for_every_commit_exactly() {
    let db = TempDb::new(JournalMode::Wal);
    let watcher = open(&db).expect("a watcher");
    assert_eq!(watcher.backend(), WatcherBackend::ShmFastPath);
    let mut events = watcher.update_events().expect("a subscription");
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let mut commits = 0;
    let total = count(2000, 20_000) as u64;
    for made in 1..=total {
        writer
            .exec(conn, "INSERT INTO t(n) VALUES (1)")
            .expect("a commit");
        while commits < made {
            let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
            assert!(update.exact, "{:?}", watcher.stats());
            commits += update.commits;
        }
        assert_eq!(commits, made);
    }
}

#[test]
fn shm_refuses_rollback_modes_at_open_with_the_reason() {
    for mode in JournalMode::ALL {
        if mode.is_wal() {
            continue;
        }
        let db = TempDb::new(mode);
        let error = open(&db).expect_err("no wal-index");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(
            error.to_string().contains("PRAGMA journal_mode=WAL"),
            "{error}"
        );
    }
}

#[test]
fn shm_waits_for_the_first_connection() {
    let db = TempDb::new(JournalMode::Wal);
    assert!(!db.shm().exists(), "nobody is connected");
    let mut events = open(&db)
        .expect("a watcher")
        .update_events()
        .expect("a subscription");
    db.sql("INSERT INTO t(n) VALUES (1)");
    let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
    assert_eq!(update.commits, 1);
}

#[test]
fn shm_follows_a_recreated_wal_index_without_losing_a_commit() {
    let db = TempDb::new(JournalMode::Wal);
    let watcher = open(&db).expect("a watcher");
    let mut events = watcher.update_events().expect("a subscription");
    for session in 0..count(50, 500) {
        db.sql("INSERT INTO t(n) VALUES (1); INSERT INTO t(n) VALUES (2)");
        let mut commits = 0;
        let mut exact = true;
        while exact && commits < 2 {
            let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
            commits += update.commits;
            exact = update.exact;
        }
        assert!(!exact || commits == 2, "session {session}: {commits}");
        // What an inexact wake left over is not to be taken for the next session's.
        drop(events);
        events = watcher.update_events().expect("a subscription");
    }
}

#[test]
fn leaving_wal_ends_shm_with_a_typed_reason_after_the_wake() {
    let db = TempDb::new(JournalMode::Wal);
    let mut events = open(&db)
        .expect("a watcher")
        .update_events()
        .expect("a subscription");
    db.journal_mode(JournalMode::Delete);
    let update = events
        .recv_timeout(LONG)
        .expect("the switch is a commit")
        .expect("a wake");
    assert!(update.commits >= 1);
    let error = events
        .recv_timeout(LONG)
        .expect_err("no wal-index any more");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("has left WAL mode"), "{error}");
}
