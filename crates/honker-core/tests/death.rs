//! Death: a replaced database ends its watcher with the specification's message, as a value, for every subscriber.

use honker_core::{ErrorKind, RecvError, SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, Writer, rename_over};
use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];

fn open(path: &Path, backend: WatcherBackend) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = SharedUpdateWatcher::builder(path)
        .backend(backend)
        .open()
        .expect("a watcher");
    let events = watcher.update_events().expect("a subscription");
    (watcher, events)
}

/// Waits for the end, past any wakes before it.
fn end_of(events: &mut UpdateEvents) -> RecvError {
    loop {
        match events.recv_timeout(LONG) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no end within {LONG:?}"),
            Err(error) => return error,
        }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> String {
    let metadata = fs::metadata(path).expect("a file");
    format!("(dev={}, ino={})", metadata.dev(), metadata.ino())
}

#[cfg(windows)]
fn identity(path: &Path) -> String {
    let found = honker_windows::Information::of_path(path).expect("a file");
    format!("(dev={}, ino={})", found.volume, found.file)
}

fn message(expected: &str, found: &str, path: &Path) -> String {
    format!(
        "honker: database file replaced: expected {expected}, found {found} at \"{}\". The watcher cannot \
         recover; close the Database and reopen with honker.open().",
        path.display()
    )
}

#[test]
fn renaming_over_ends_every_subscriber_with_the_specified_message() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let other = TempDb::new(JournalMode::Delete);
        let (watcher, mut first) = open(db.path(), backend);
        let mut second = watcher.update_events().expect("a subscription");
        let (expected, found) = (identity(db.path()), identity(other.path()));
        rename_over(other.path(), db.path());
        for events in [&mut first, &mut second] {
            let error = end_of(events);
            assert_eq!(error.kind(), ErrorKind::Replaced);
            assert_eq!(error.path(), Some(db.path()));
            assert_eq!(error.to_string(), message(&expected, &found, db.path()));
            assert_eq!(end_of(events).kind(), ErrorKind::Replaced, "and again");
        }
        assert!(
            watcher
                .stats()
                .last_error
                .is_some_and(|error| error.contains("replaced"))
        );
    }
}

#[test]
fn unlinking_says_found_no_file() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Wal);
        let (_watcher, mut events) = open(db.path(), backend);
        let expected = identity(db.path());
        fs::remove_file(db.path()).expect("unlink");
        assert_eq!(
            end_of(&mut events).to_string(),
            message(&expected, "no file", db.path())
        );
    }
}

#[test]
fn after_unlinking_and_recreating_a_new_watcher_works_again() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, mut events) = open(db.path(), backend);
        fs::remove_file(db.path()).expect("unlink");
        db.sql("CREATE TABLE again(x)");
        assert_eq!(end_of(&mut events).kind(), ErrorKind::Replaced);
        watcher.close();
        let (_watcher, mut events) = open(db.path(), backend);
        db.sql("INSERT INTO again VALUES (1)");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!((update.commits, update.exact), (1, true));
    }
}

#[cfg(unix)] // links need a privilege on Windows
#[test]
fn retargeting_a_symbolic_link_is_a_replacement() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let other = TempDb::new(JournalMode::Delete);
        let link = db.beside("link.db");
        symlink(db.path(), &link).expect("a link");
        let (_watcher, mut events) = open(&link, backend);
        db.sql("CREATE TABLE through_the_target(x)");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!((update.commits, update.exact), (1, true));
        let next = db.beside("next.db");
        symlink(other.path(), &next).expect("a link");
        fs::rename(&next, &link).expect("rename");
        let error = end_of(&mut events);
        let expected = message(&identity(db.path()), &identity(other.path()), &link);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn renaming_the_directory_away_ends_the_watcher() {
    for backend in BACKENDS {
        let place = tempfile::tempdir().expect("a directory");
        let (here, there) = (place.path().join("here"), place.path().join("there"));
        fs::create_dir(&here).expect("a directory");
        let db = TempDb::new(JournalMode::Delete);
        let path = here.join("app.db");
        fs::copy(db.path(), &path).expect("a copy");
        let (_watcher, mut events) = open(&path, backend);
        fs::rename(&here, &there).expect("rename");
        let error = end_of(&mut events);
        assert_eq!(error.kind(), ErrorKind::Replaced);
        assert!(error.to_string().contains("found no file"), "{error}");
    }
}

#[test]
fn overwriting_in_place_with_another_database_is_a_replacement() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let fresh = TempDb::new(JournalMode::Delete);
        fresh.sql("CREATE TABLE fresh(x)");
        for table in 0..5 {
            db.sql(&format!("CREATE TABLE old{table}(x)"));
        }
        let (_watcher, mut events) = open(db.path(), backend);
        fs::write(db.path(), fs::read(fresh.path()).expect("bytes")).expect("overwritten");
        let error = end_of(&mut events);
        assert_eq!(error.kind(), ErrorKind::Replaced);
        assert!(
            error.to_string().contains("overwritten in place"),
            "{error}"
        );
    }
}

#[test]
fn truncation_to_zero_and_garbage_are_replacements() {
    for backend in BACKENDS {
        for garbage in [Vec::new(), vec![0x5a; 8192]] {
            let db = TempDb::new(JournalMode::Delete);
            db.sql("CREATE TABLE mine(x)");
            let (_watcher, mut events) = open(db.path(), backend);
            fs::write(db.path(), &garbage).expect("overwritten");
            let error = end_of(&mut events);
            assert_eq!(error.kind(), ErrorKind::Replaced);
            assert!(
                error.to_string().contains("overwritten in place"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_wal_database_cut_to_zero_is_a_replacement_with_and_without_a_log() {
    for backend in [&BACKENDS[..], &[WatcherBackend::ShmFastPath]].concat() {
        for left in [true, false] {
            let db = TempDb::new(JournalMode::Wal);
            let mut writer = Writer::spawn();
            let conn = writer.open(db.path());
            writer.exec(conn, "CREATE TABLE mine(x)").expect("a commit");
            // The log of a writer that was killed, or none.
            let (_watcher, mut events) = open(db.path(), backend);
            if left {
                writer.kill();
            } else {
                writer.close(conn);
            }
            fs::write(db.path(), "").expect("overwritten");
            let error = end_of(&mut events);
            assert_eq!(error.kind(), ErrorKind::Replaced, "{backend}");
            let message = error.to_string();
            assert!(message.contains("overwritten in place"), "{message}");
        }
    }
}

#[test]
fn the_identity_is_checked_although_looks_are_far_apart() {
    let db = TempDb::new(JournalMode::Delete);
    let minute = std::time::Duration::from_mins(1);
    let watcher = SharedUpdateWatcher::builder(db.path())
        .poll_interval(minute)
        .open();
    let mut events = watcher
        .expect("a watcher")
        .update_events()
        .expect("a subscription");
    fs::remove_file(db.path()).expect("unlink");
    assert_eq!(end_of(&mut events).kind(), ErrorKind::Replaced);
}

#[test]
fn subscribing_to_a_dead_watcher_fails_at_once_with_the_same_reason() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, _events) = open(db.path(), backend);
        fs::remove_file(db.path()).expect("unlink");
        // Without waiting for the death to be noticed: subscribing itself looks.
        let error = watcher.update_events().expect_err("dead");
        assert_eq!(error.kind(), ErrorKind::Replaced);
        assert_eq!(
            watcher.update_events().expect_err("dead").to_string(),
            error.to_string()
        );
    }
}

#[test]
fn closing_ends_a_wait_as_closed_and_not_as_replaced() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, mut events) = open(db.path(), backend);
        let waiting = std::thread::spawn(move || events.recv());
        watcher.close();
        let error = waiting.join().expect("no panic").expect_err("closed");
        assert_eq!(error.kind(), ErrorKind::Closed);
        watcher.close();
        assert_eq!(
            watcher.update_events().expect_err("closed").kind(),
            ErrorKind::Closed
        );
    }
}

#[test]
fn a_wake_before_the_death_is_still_reported() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, mut events) = open(db.path(), backend);
        db.sql("CREATE TABLE last_words(x)");
        assert!(honker_testkit::wait_until(LONG, || watcher.stats().commits == 1));
        fs::remove_file(db.path()).expect("unlink");
        assert!(honker_testkit::wait_until(LONG, || watcher
            .stats()
            .last_error
            .is_some()));
        let update = events
            .try_recv()
            .expect("the wake comes first")
            .expect("a wake");
        assert_eq!(update.commits, 1);
        assert_eq!(end_of(&mut events).kind(), ErrorKind::Replaced);
    }
}

#[cfg(unix)] // links need a privilege on Windows
#[test]
fn a_path_that_is_retargeted_before_there_is_a_file_is_a_replacement() {
    for backend in BACKENDS {
        let db = TempDb::absent();
        let (first, second) = (db.beside("first"), db.beside("second"));
        fs::create_dir(&first).expect("a directory");
        fs::create_dir(&second).expect("another");
        let link = db.beside("link");
        symlink(&first, &link).expect("a link");
        let (_watcher, mut events) = open(&link.join("app.db"), backend);
        let next = db.beside("next");
        symlink(&second, &next).expect("a link");
        fs::rename(&next, &link).expect("retargeted");
        let end = end_of(&mut events);
        assert_eq!(end.kind(), ErrorKind::Replaced, "{end}");
        assert!(end.to_string().contains("second"), "{end}");
    }
}

#[cfg(unix)] // links need a privilege on Windows
#[test]
fn a_link_that_appears_in_the_place_of_a_missing_file_is_a_replacement() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Wal);
        let missing = db.beside("missing.db");
        let (_watcher, mut events) = open(&missing, backend);
        symlink(db.path(), &missing).expect("a link");
        assert_eq!(end_of(&mut events).kind(), ErrorKind::Replaced);
    }
}
