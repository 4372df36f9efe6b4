//! The `data-version` backend, beyond the contract that it shares with the others: what its connection does.

use honker_core::{
    Conservative, ErrorKind, OnReplace, SharedUpdateWatcher, UpdateEvents, UpdateKind,
    WatcherBackend, WatcherBuilder,
};
use honker_testkit::{JournalMode, LONG, Open, Synchronous, TempDb, Writer, wait_until};
use std::time::Duration;

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

fn asks_sqlite(db: &TempDb) -> WatcherBuilder {
    SharedUpdateWatcher::builder(db.path()).backend(WatcherBackend::DataVersion)
}

fn open(db: &TempDb) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = asks_sqlite(db).open().expect("a watcher");
    assert_eq!(watcher.backend(), WatcherBackend::DataVersion);
    let events = watcher.update_events().expect("a subscription");
    (watcher, events)
}

/// Looks, and takes what is pending.
fn is_silent(watcher: &SharedUpdateWatcher, events: &mut UpdateEvents) -> bool {
    drop(watcher.update_events().expect("alive"));
    events.try_recv().expect("alive").is_none()
}

#[test]
fn each_wake_is_at_least_one_commit_with_a_reason_of_its_own() {
    let db = TempDb::new(JournalMode::Wal);
    let (watcher, mut events) = open(&db);
    db.sql(INSERT);
    let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
    assert_eq!((update.commits, update.exact), (1, false));
    let stats = watcher.stats();
    assert_eq!(stats.conservative, [(Conservative::DataVersion, 1)]);
    assert_eq!(stats.fallback, None);
}

#[test]
fn a_truncated_log_is_no_commit() {
    let db = TempDb::new(JournalMode::Wal);
    let (watcher, mut events) = open(&db);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    for round in 0..20 {
        writer.exec(conn, INSERT).expect("a commit");
        let update = events.recv_timeout(LONG).expect("alive");
        assert!(update.is_some(), "round {round}: missed");
        writer
            .query(conn, "PRAGMA wal_checkpoint(TRUNCATE)")
            .expect("a checkpoint");
        assert!(is_silent(&watcher, &mut events), "round {round}: spurious");
    }
}

#[test]
fn a_commit_during_which_it_was_refused_wakes_through_the_same_connection() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let (watcher, mut events) = open(&db);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Normal);
        writer
            .exec(conn, "BEGIN EXCLUSIVE; UPDATE t SET n = n + 1")
            .expect("a lock");
        let refused = wait_until(LONG, || watcher.stats().busy_looks > 20);
        assert!(refused, "{mode}: {:#?}", watcher.stats());
        assert!(events.try_recv().expect("alive").is_none(), "{mode}: early");
        writer.exec(conn, "COMMIT").expect("a commit");
        let update = events.recv_timeout(LONG).expect("alive");
        assert!(update.is_some(), "{mode}: missed");
    }
}

#[test]
fn a_missing_database_is_not_created_and_its_first_commit_wakes() {
    for mode in JournalMode::ALL {
        let db = TempDb::absent();
        let (watcher, mut events) = open(&db);
        let looks = watcher.stats().looks;
        assert!(wait_until(LONG, || watcher.stats().looks > looks + 5));
        assert_eq!(std::fs::read_dir(db.dir()).expect("there").count(), 0);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Off);
        writer
            .exec(conn, "CREATE TABLE t(n INTEGER)")
            .expect("a commit");
        let update = events.recv_timeout(LONG).expect("alive");
        assert!(update.is_some(), "{mode}: missed");
        // The mode and the table are two commits in WAL.
        while !is_silent(&watcher, &mut events) {}
        writer.exec(conn, INSERT).expect("a commit");
        let update = events.recv_timeout(LONG).expect("alive");
        assert!(update.is_some(), "{mode}: missed");
    }
}

#[test]
#[cfg_attr(
    windows,
    ignore = "its connection keeps the file from being renamed over"
)]
fn a_replaced_database_ends_it_as_it_ends_every_backend() {
    let db = TempDb::new(JournalMode::Delete);
    let other = TempDb::new(JournalMode::Delete);
    let (_watcher, mut events) = open(&db);
    std::fs::rename(other.path(), db.path()).expect("renamed");
    let error = loop {
        if let Err(error) = events.recv_timeout(LONG) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::Replaced, "{error}");
}

#[test]
#[cfg_attr(
    windows,
    ignore = "its connection keeps the file from being renamed over"
)]
fn a_replaced_database_is_followed_where_that_is_asked_for() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let db = TempDb::new(mode);
        let other = TempDb::new(mode);
        let watcher = asks_sqlite(&db).on_replace(OnReplace::Follow).open();
        let watcher = watcher.expect("a watcher");
        let mut events = watcher.update_events().expect("a subscription");
        for sidecar in [db.wal(), db.shm()] {
            // Its connection keeps them, and they are not those of the other database.
            let _ = std::fs::remove_file(sidecar);
        }
        std::fs::rename(other.path(), db.path()).expect("renamed");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!(update.kind, UpdateKind::Replaced, "{mode}");
        db.sql(INSERT);
        let update = events.recv_timeout(LONG).expect("alive");
        assert!(update.is_some(), "{mode}: missed");
    }
}

#[test]
fn its_position_in_a_log_is_that_of_every_backend_and_elsewhere_it_is_unknown() {
    for (mode, is_known) in [(JournalMode::Wal, true), (JournalMode::Delete, false)] {
        let db = TempDb::new(mode);
        let (watcher, mut events) = open(&db);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer.exec(conn, INSERT).expect("a commit");
        assert!(events.recv_timeout(LONG).expect("alive").is_some());
        let position = watcher.position().expect("alive");
        let polling = SharedUpdateWatcher::new(db.path()).expect("a watcher");
        let wakes_at_once = || {
            let mut since = polling.update_events_since(&position).expect("alive");
            since.try_recv().expect("alive").is_some()
        };
        assert_eq!(wakes_at_once(), !is_known, "{mode}: nothing was committed");
        writer.exec(conn, INSERT).expect("a commit");
        assert!(wakes_at_once(), "{mode}: missed");
    }
}

#[test]
fn what_is_no_database_is_refused() {
    let db = TempDb::absent();
    std::fs::write(db.path(), "id,name\n".repeat(100)).expect("a file");
    let error = asks_sqlite(&db).open().expect_err("no database");
    assert_eq!(error.kind(), ErrorKind::NotADatabase, "{error}");
}

/// SQLite shares what it knows of a file between all connections of a process, descriptors included: they would be
/// mixed up between two descriptor tables.
#[test]
#[cfg_attr(windows, ignore = "Windows cannot be asked, and nothing is lost there")]
fn a_database_that_this_process_has_open_itself_is_refused() {
    let db = TempDb::new(JournalMode::Wal);
    let mine = std::fs::File::open(db.path()).expect("there");
    let error = asks_sqlite(&db).open().expect_err("it would harm");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("has the file open"), "{error}");
    drop(mine);
    drop(asks_sqlite(&db).open().expect("nothing is in the way now"));
}

/// The lock on the `-shm` by which connections keep it from being cut. It is lost when anybody with the same descriptor
/// table closes a descriptor of that file.
#[cfg(unix)]
fn holds_its_wal_index(db: &TempDb) -> bool {
    use honker_testkit::locks::{self, Kind};

    let own = locks::of(std::process::id(), db.shm());
    own.iter()
        .any(|lock| lock.kind == Kind::Posix && (lock.start..=lock.end).contains(&128))
}

#[cfg(unix)]
#[test]
fn no_other_watcher_of_the_file_drops_its_locks() {
    let db = TempDb::new(JournalMode::Wal);
    let (_watcher, mut events) = open(&db);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer.exec(conn, INSERT).expect("a commit");
    let update = events.recv_timeout(LONG).expect("alive");
    assert!(update.is_some() && holds_its_wal_index(&db));
    for backend in [
        WatcherBackend::DataVersion,
        WatcherBackend::Polling,
        WatcherBackend::KernelWatch,
        WatcherBackend::ShmFastPath,
    ] {
        let other = SharedUpdateWatcher::builder(db.path()).backend(backend);
        let other = other.open().expect("a watcher");
        let mut seen = other.update_events().expect("a subscription");
        writer.exec(conn, INSERT).expect("a commit");
        assert!(seen.recv_timeout(LONG).expect("alive").is_some());
        drop((seen, other));
        assert!(holds_its_wal_index(&db), "{backend} dropped the lock");
    }
}

/// What docs/backends.md warns of.
#[test]
fn its_connection_keeps_the_log_and_the_journal_mode_as_long_as_it_lives() {
    let db = TempDb::new(JournalMode::Wal);
    let (watcher, events) = open(&db);
    db.sql(INSERT);
    assert!(db.wal().exists() && db.shm().exists(), "kept");
    let mut writer = Writer::spawn();
    let impatient = Open {
        busy_timeout_ms: 0,
        ..Open::default()
    };
    let conn = writer.try_open(db.path(), impatient).expect("open");
    let refused = writer.query(conn, "PRAGMA journal_mode=DELETE");
    assert!(refused.is_err(), "{refused:?}");
    drop((watcher, events));
    let switched = wait_until(LONG, || {
        writer.query(conn, "PRAGMA journal_mode=DELETE").is_ok()
    });
    assert!(switched, "after its end nothing is in the way");
}

#[test]
fn it_looks_each_poll_interval() {
    let db = TempDb::new(JournalMode::Wal);
    let slow = asks_sqlite(&db).poll_interval(Duration::from_mins(1));
    let watcher = slow.open().expect("a watcher");
    let mut events = watcher.update_events().expect("a subscription");
    let looks = watcher.stats().looks;
    db.sql(INSERT);
    assert_eq!(watcher.stats().looks, looks, "not before its time");
    drop(watcher.update_events().expect("this looks"));
    assert!(events.try_recv().expect("alive").is_some());
}
