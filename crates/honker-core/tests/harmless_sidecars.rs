//! Harmless: the last connection to a WAL database still tidies up, although a watcher lives.

use honker_core::{SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{JournalMode, LONG, Synchronous, TempDb, Writer, count, wait_until};

const BACKENDS: [WatcherBackend; 3] = [
    WatcherBackend::Polling,
    WatcherBackend::KernelWatch,
    WatcherBackend::ShmFastPath,
];

fn open(db: &TempDb, backend: WatcherBackend) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = SharedUpdateWatcher::builder(db.path())
        .backend(backend)
        .open()
        .expect("a watcher");
    let events = watcher.update_events().expect("a subscription");
    (watcher, events)
}

#[test]
fn wal_and_shm_disappear_with_the_last_connection_although_a_watcher_lives() {
    let sessions = count(40, 1000);
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Wal);
        let (watcher, mut events) = open(&db, backend);
        let mut writer = Writer::spawn();
        for session in 0..sessions {
            let conn = writer.open_in(db.path(), JournalMode::Wal, Synchronous::Off);
            writer
                .exec(conn, "UPDATE t SET n = n + 1 WHERE id = 1")
                .expect("a commit");
            // So that the watcher has `-shm` open when its name goes.
            let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
            assert_eq!(update.commits, 1, "{backend}, {session}: {update:?}");
            assert!(db.wal().exists() && db.shm().exists());
            writer.close(conn);
            for sidecar in [db.wal(), db.shm()] {
                // On Windows a name stays until the look at it is over.
                let is_gone =
                    !sidecar.exists() || (cfg!(windows) && wait_until(LONG, || !sidecar.exists()));
                assert!(is_gone, "{backend}, session {session}: {sidecar:?}");
            }
        }
        let stats = watcher.stats();
        assert_eq!(stats.last_error, None, "{backend}: {stats:#?}");
    }
}

#[test]
fn wal_can_be_left_and_the_log_be_cut_although_a_watcher_lives() {
    for backend in [WatcherBackend::Polling, WatcherBackend::KernelWatch] {
        let db = TempDb::new(JournalMode::Wal);
        let (_watcher, mut events) = open(&db, backend);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        for round in 0..10 {
            writer.set_journal_mode(conn, JournalMode::Wal);
            writer
                .exec(conn, "UPDATE t SET n = n + 1 WHERE id = 1")
                .expect("a commit");
            assert!(events.recv_timeout(LONG).expect("alive").is_some());
            let answer = writer
                .query(conn, "PRAGMA wal_checkpoint(TRUNCATE)")
                .expect("a checkpoint");
            assert_eq!(answer[0][0], 0, "{backend}, round {round}: it was busy");
            writer.set_journal_mode(conn, JournalMode::Delete);
            assert!(!db.wal().exists() && !db.shm().exists());
        }
    }
}

/// The proof that the tests above can fail: what the watcher is not, a connection, is in the way of both.
#[test]
fn another_connection_would_keep_the_sidecars() {
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open_in(db.path(), JournalMode::Wal, Synchronous::Off);
    let mut reader = Writer::spawn();
    let reading = reader.open(db.path());
    reader.query_i64(reading, "SELECT count(*) FROM t");
    writer
        .exec(conn, "UPDATE t SET n = n + 1 WHERE id = 1")
        .expect("a commit");
    writer.close(conn);
    assert!(db.wal().exists() && db.shm().exists());
    let conn = writer.open(db.path());
    assert!(writer.exec(conn, "PRAGMA journal_mode=DELETE").is_err());
}
