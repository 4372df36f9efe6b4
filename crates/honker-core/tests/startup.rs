//! Start-up: what counts as "before" and "after", and databases that do not exist yet.

use honker_core::{Conservative, ErrorKind, SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, Writer, copy_slowly, count, wait_until};
use std::fs;

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];

#[test]
#[cfg_attr(windows, ignore = "rests on locks, of which Windows does not tell")]
fn a_commit_before_subscribing_never_wakes_and_one_right_after_always_does() {
    for backend in BACKENDS {
        for mode in JournalMode::ALL {
            let db = TempDb::new(mode);
            db.sql("CREATE TABLE mine(x)");
            let watcher = SharedUpdateWatcher::builder(db.path())
                .backend(backend)
                .open();
            let watcher = watcher.expect("a watcher");
            let mut writer = Writer::spawn();
            let conn = writer.open(db.path());
            writer.set_journal_mode(conn, mode);
            for round in 0..count(25, 500) {
                writer
                    .exec(conn, "INSERT INTO mine VALUES (1)")
                    .expect("before");
                let mut events = watcher.update_events().expect("a subscription");
                writer
                    .exec(conn, "INSERT INTO mine VALUES (2)")
                    .expect("after");
                let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
                assert_eq!(
                    update.commits, 1,
                    "{backend} {mode:?} round {round}: {update:?}"
                );
            }
        }
    }
}

/// Looks, for as long as the test takes, only when somebody subscribes.
fn looks_for_subscribers(db: &TempDb) -> SharedUpdateWatcher {
    let minute = std::time::Duration::from_mins(1);
    let watcher = SharedUpdateWatcher::builder(db.path()).poll_interval(minute);
    watcher.open().expect("a watcher")
}

#[test]
#[cfg_attr(windows, ignore = "rests on locks, of which Windows does not tell")]
fn what_was_under_way_when_somebody_subscribed_is_told_and_not_as_exact() {
    let db = TempDb::new(JournalMode::Delete);
    let watcher = looks_for_subscribers(&db);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let insert = "INSERT INTO t(n) VALUES (1)";
    writer.exec(conn, insert).expect("a commit before");
    let begin = format!("BEGIN EXCLUSIVE; {insert}");
    writer.exec(conn, &begin).expect("one under way");
    let mut events = watcher.update_events().expect("a subscription");
    writer.exec(conn, "COMMIT").expect("a commit after");
    let _looks = watcher.update_events().expect("another one");
    let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
    assert!(!update.exact, "{update:?}");
    writer.exec(conn, insert).expect("a commit");
    let _looks = watcher.update_events().expect("another one");
    let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
    assert_eq!((update.commits, update.exact), (1, true));
}

#[test]
fn what_was_committed_before_a_lock_that_somebody_holds_is_not_told_as_exact() {
    let db = TempDb::new(JournalMode::Delete);
    let watcher = looks_for_subscribers(&db);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    for _ in 0..3 {
        let insert = "INSERT INTO t(n) VALUES (1)";
        writer.exec(conn, insert).expect("a commit before");
    }
    writer.exec(conn, "BEGIN EXCLUSIVE").expect("the lock");
    let mut events = watcher.update_events().expect("a subscription");
    writer.exec(conn, "ROLLBACK").expect("nothing after");
    let _looks = watcher.update_events().expect("another one");
    if let Some(update) = events.try_recv().expect("alive") {
        assert!(!update.exact, "{update:?}");
    }
}

#[test]
fn a_database_that_counts_no_commits_is_noticed_when_it_appears() {
    for backend in BACKENDS {
        for exists in [false, true] {
            let db = TempDb::absent();
            if exists {
                std::fs::write(db.path(), "").expect("an empty file");
            }
            let watcher = SharedUpdateWatcher::builder(db.path())
                .backend(backend)
                .open()
                .expect("a watcher");
            let mut events = watcher.update_events().expect("a subscription");
            let position = watcher.position().expect("a position");
            // As `sqlite3_serialize()` of a database in memory: a change counter of 0.
            let other = TempDb::new(JournalMode::Delete);
            let mut bytes = std::fs::read(other.path()).expect("a database");
            bytes[24..28].fill(0);
            std::fs::write(db.path(), bytes).expect("in its place");
            let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
            assert!(!update.exact);
            let mut since = watcher
                .update_events_since(&position)
                .expect("a subscription");
            assert!(since.try_recv().expect("alive").is_some());
        }
    }
}

#[test]
fn a_missing_file_is_watched_as_absent_and_its_first_commit_wakes() {
    for backend in BACKENDS {
        let db = TempDb::absent();
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .open();
        let watcher = watcher.expect("a watcher");
        let mut events = watcher.update_events().expect("a subscription");
        assert!(!db.path().exists(), "nothing is created");
        db.sql("CREATE TABLE first(x)");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!(update.commits, 1);
        db.sql("CREATE TABLE second(x)");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!((update.commits, update.exact), (1, true));
    }
}

#[test]
fn a_missing_file_that_is_copied_to_its_place_wakes_once_all_of_it_is_there() {
    for backend in BACKENDS {
        for mode in [JournalMode::Delete, JournalMode::Wal] {
            let about = format!("{backend} {mode}");
            let backup = TempDb::new(mode);
            backup.sql(
                "INSERT INTO t(n) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c \
                        WHERE i < 20000) SELECT i FROM c",
            );
            let path = backup.beside("copy.db");
            let watcher = SharedUpdateWatcher::builder(&path).backend(backend).open();
            let watcher = watcher.expect("a watcher");
            let mut events = watcher.update_events().expect("a subscription");
            copy_slowly(backup.path(), &path, || {
                // At each look the file is longer, and not yet whole.
                let looks = watcher.stats().looks;
                assert!(wait_until(LONG, || watcher.stats().looks > looks + 1));
                assert_eq!(events.try_recv().expect("alive"), None, "{about}");
            });
            let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
            assert_eq!((update.commits, update.exact), (1, false), "{about}");
            let rows: i64 = rusqlite::Connection::open(&path)
                .and_then(|copy| copy.query_row("SELECT count(*) FROM t", [], |row| row.get(0)))
                .expect("it is whole");
            assert!(rows >= 20_000, "{about}");
        }
    }
}

#[test]
fn a_missing_file_whose_copy_stops_short_wakes_for_what_is_there() {
    for backend in BACKENDS {
        let backup = TempDb::new(JournalMode::Delete);
        backup.sql("INSERT INTO t(body) VALUES (randomblob(100000))");
        let path = backup.beside("copy.db");
        let watcher = SharedUpdateWatcher::builder(&path).backend(backend).open();
        let mut events = watcher
            .and_then(|watcher| watcher.update_events())
            .expect("a subscription");
        let bytes = fs::read(backup.path()).expect("the database");
        fs::write(&path, &bytes[..bytes.len() / 2]).expect("half of it");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert!(!update.exact, "{backend}");
    }
}

#[test]
fn must_exist_refuses_a_missing_file() {
    for backend in BACKENDS {
        let db = TempDb::absent();
        let refused = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .must_exist(true)
            .open();
        assert_eq!(refused.expect_err("missing").kind(), ErrorKind::NotFound);
        assert!(!db.path().exists());
    }
}

#[test]
fn a_database_moved_into_place_wakes_once_as_appeared() {
    for backend in BACKENDS {
        let (db, other) = (TempDb::absent(), TempDb::new(JournalMode::Wal));
        for table in 0..3 {
            other.sql(&format!("CREATE TABLE t{table}(x)"));
        }
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .open();
        let watcher = watcher.expect("a watcher");
        let mut events = watcher.update_events().expect("a subscription");
        fs::rename(other.path(), db.path()).expect("rename");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!((update.commits, update.exact), (1, false), "a lower bound");
        let reasons = watcher.stats().conservative;
        assert_eq!(reasons, [(Conservative::Appeared, 1)]);
    }
}

#[test]
fn an_empty_file_is_a_valid_database() {
    for backend in BACKENDS {
        let db = TempDb::absent();
        fs::write(db.path(), []).expect("an empty file");
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .must_exist(true)
            .open();
        let mut events = watcher
            .expect("a watcher")
            .update_events()
            .expect("a subscription");
        db.sql("CREATE TABLE mine(x)");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!((update.commits, update.exact), (1, true));
    }
}

#[test]
fn a_missing_directory_that_is_removed_while_waiting_ends_the_watcher() {
    for backend in BACKENDS {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join("soon-gone");
        fs::create_dir(&directory).expect("a directory");
        let watcher = SharedUpdateWatcher::builder(directory.join("app.db"))
            .backend(backend)
            .open();
        let mut events = watcher
            .expect("a watcher")
            .update_events()
            .expect("a subscription");
        fs::remove_dir(&directory).expect("removed");
        let error = events.recv_timeout(LONG).expect_err("it would be deaf");
        assert_eq!(error.kind(), ErrorKind::DirectoryNotFound);
    }
}

#[test]
fn opening_beside_a_writer_in_its_commit_wakes_when_it_ends() {
    // EXCLUSIVE keeps readers out for as long as the writer likes: the middle of a commit, made long.
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        db.sql("CREATE TABLE mine(x)");
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer
            .exec(
                conn,
                "PRAGMA cache_size=2; BEGIN EXCLUSIVE; INSERT INTO mine VALUES (1)",
            )
            .expect("a transaction");
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .open();
        let watcher = watcher.expect("a watcher");
        let mut events = watcher.update_events().expect("a subscription");
        writer.exec(conn, "COMMIT").expect("commit");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert!(update.commits >= 1);
    }
}

#[cfg(unix)]
#[test]
fn the_observer_thread_starts_with_the_first_watcher_and_ends_with_the_last() {
    // Other tests of this file run in the same process: only the direction is asserted, by name and by condition.
    let db = TempDb::new(JournalMode::Delete);
    let one = SharedUpdateWatcher::new(db.path()).expect("a watcher");
    let other = one.clone();
    let names = || {
        let threads = honker_testkit::threads::of(std::process::id());
        threads
            .iter()
            .filter(|(_, name)| name == "honker-observer")
            .count()
    };
    assert!(wait_until(LONG, || names() >= 1));
    drop(one);
    let mut events = other.update_events().expect("a clone is the same watcher");
    db.sql("CREATE TABLE mine(x)");
    assert!(events.recv_timeout(LONG).expect("alive").is_some());
}
