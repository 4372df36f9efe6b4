//! `on_replace(Follow)`: a subscription survives the replacement of its file, and misses nothing of the new one.

use honker_core::{
    ErrorKind, OnReplace, SharedUpdateWatcher, Update, UpdateEvents, UpdateKind, WatcherBackend,
};
use honker_testkit::{
    JournalMode, LONG, TempDb, Writer, copy_slowly, count, rename_over, wait_until,
};
use std::fs;
use std::io::Write;
#[cfg(unix)]
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];

fn follow(path: &Path, backend: WatcherBackend) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = SharedUpdateWatcher::builder(path)
        .backend(backend)
        .on_replace(OnReplace::Follow)
        .open()
        .expect("a watcher");
    let events = watcher.update_events().expect("a subscription");
    (watcher, events)
}

fn next(events: &mut UpdateEvents) -> Update {
    events.recv_timeout(LONG).expect("alive").expect("a wake")
}

fn replaced(events: &mut UpdateEvents) {
    let update = next(events);
    assert_eq!((update.kind, update.exact), (UpdateKind::Replaced, false));
}

/// One commit, of a session that goes on until it is told: of one that comes and goes between two looks the number is not
/// known.
fn commits_once(path: &Path, sql: &str, watcher: &SharedUpdateWatcher, events: &mut UpdateEvents) {
    let mut writer = Writer::spawn();
    let conn = writer.open(path);
    writer.exec(conn, sql).expect("a commit");
    one_commit(watcher, events);
    writer.close(conn);
}

fn one_commit(watcher: &SharedUpdateWatcher, events: &mut UpdateEvents) {
    let update = next(events);
    assert_eq!((update.kind, update.commits), (UpdateKind::Commit, 1));
    // Where locks are not seen, the state in which the new file was found is certain only after a while.
    let is_exact = update.exact || cfg!(windows);
    assert!(is_exact, "{update:?}, {:#?}", watcher.stats());
}

#[test]
fn renaming_over_is_one_wake_and_the_new_file_is_watched() {
    for backend in BACKENDS {
        for mode in [JournalMode::Delete, JournalMode::Wal] {
            let db = TempDb::new(JournalMode::Delete);
            let other = TempDb::new(mode);
            let (watcher, mut events) = follow(db.path(), backend);
            rename_over(other.path(), db.path());
            replaced(&mut events);
            let create = "CREATE TABLE in_the_new_file(x)";
            commits_once(db.path(), create, &watcher, &mut events);
            assert_eq!(watcher.stats().replacements, 1);
            assert_eq!(events.try_recv().expect("alive"), None);
        }
    }
}

#[test]
fn a_file_that_is_gone_is_waited_for_in_silence() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, mut events) = follow(db.path(), backend);
        fs::remove_file(db.path()).expect("unlink");
        let says = || watcher.stats().last_error.unwrap_or_default();
        let is_told = wait_until(LONG, || says().contains("found no file"));
        assert!(is_told, "{}", says());
        assert_eq!(events.try_recv().expect("alive"), None);
        db.sql("CREATE TABLE again(x)");
        replaced(&mut events);
        // The first commit may have come before or after the new file was opened.
        let _ = events
            .recv_timeout(Duration::from_millis(300))
            .expect("alive");
        let insert = "INSERT INTO again VALUES (1)";
        commits_once(db.path(), insert, &watcher, &mut events);
    }
}

#[cfg(unix)] // links need a privilege on Windows
#[test]
fn a_retargeted_link_leads_to_the_next_database_and_its_sidecars() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let other = TempDb::new(JournalMode::Wal);
        let link = db.beside("link.db");
        symlink(db.path(), &link).expect("a link");
        let (watcher, mut events) = follow(&link, backend);
        let next = db.beside("next.db");
        symlink(other.path(), &next).expect("a link");
        fs::rename(&next, &link).expect("rename");
        replaced(&mut events);
        // The session goes on, so that the commit stays in the log beside the link's target.
        let mut writer = Writer::spawn();
        let conn = writer.open(other.path());
        writer
            .exec(conn, "CREATE TABLE through_the_link(x)")
            .expect("a commit");
        one_commit(&watcher, &mut events);
        assert!(other.wal().metadata().is_ok_and(|wal| wal.len() > 0));
    }
}

#[test]
fn a_directory_may_go_and_come_back_with_another_database() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let directory = db.beside("live");
        fs::create_dir(&directory).expect("a directory");
        let live = directory.join("app.db");
        fs::copy(db.path(), &live).expect("a copy");
        let (watcher, mut events) = follow(&live, backend);
        fs::rename(&directory, db.beside("old")).expect("rename");
        assert!(wait_until(LONG, || watcher.stats().last_error.is_some()));
        let staged = db.beside("staged");
        fs::create_dir(&staged).expect("a directory");
        fs::copy(db.path(), staged.join("app.db")).expect("a copy");
        fs::rename(&staged, &directory).expect("rename");
        replaced(&mut events);
        commits_once(&live, "CREATE TABLE back(x)", &watcher, &mut events);
    }
}

#[test]
fn an_overwrite_in_place_is_followed_too() {
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let old = fs::read(db.path()).expect("a copy");
        db.sql("CREATE TABLE newer(x)");
        let (watcher, mut events) = follow(db.path(), backend);
        // Not cut first: the change counter goes backwards.
        let mut file = fs::OpenOptions::new()
            .write(true)
            .open(db.path())
            .expect("the file");
        file.write_all(&old).expect("written");
        file.set_len(old.len() as u64).expect("cut");
        replaced(&mut events);
        let create = "CREATE TABLE after(x)";
        commits_once(db.path(), create, &watcher, &mut events);
    }
}

#[test]
fn a_new_file_that_is_no_database_ends_the_watcher_and_says_so() {
    for backend in BACKENDS {
        for content in [vec![b'x'; 4096], b"hello".to_vec()] {
            let db = TempDb::new(JournalMode::Delete);
            let (_watcher, mut events) = follow(db.path(), backend);
            let other = db.beside("other");
            fs::write(&other, content).expect("a file");
            rename_over(&other, db.path());
            let error = loop {
                match events.recv_timeout(LONG) {
                    Ok(Some(update)) => assert_eq!(update.kind, UpdateKind::Replaced),
                    Ok(None) => panic!("no end"),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), ErrorKind::NotADatabase, "{error}");
        }
    }
}

/// However soon after the replacement a commit is made, a wake comes after it.
#[test]
fn no_commit_to_the_new_file_is_missed() {
    let rounds = count(40, 500);
    for backend in BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, mut events) = follow(db.path(), backend);
        let (mut writer, mut reader) = (Writer::spawn(), Writer::spawn());
        let mut made = 1;
        for round in 0..i64::try_from(rounds).expect("a few") {
            let staged = db.beside("staged.db");
            fs::copy(db.path(), &staged).expect("a copy");
            rename_over(&staged, db.path());
            let commits = 1 + round % 3;
            made += commits;
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let conn = writer.open(db.path());
                    for _ in 0..commits {
                        writer
                            .exec(conn, "INSERT INTO t(n) VALUES (1)")
                            .expect("a commit");
                    }
                    writer.close(conn);
                });
                // Reads after each wake, as a consumer does.
                let (mut was_replaced, mut seen) = (false, 0);
                while !(was_replaced && seen == made) {
                    was_replaced |= next(&mut events).kind == UpdateKind::Replaced;
                    let conn = reader.open(db.path());
                    seen = reader.query_i64(conn, "SELECT count(*) FROM t");
                    reader.close(conn);
                }
            });
            assert_eq!(watcher.stats().replacements, round.cast_unsigned() + 1);
        }
        println!("{backend:?}: {rounds} replacements, each with commits right after it");
    }
}

#[test]
fn a_file_that_is_copied_to_its_place_is_told_of_when_all_of_it_is_there() {
    for backend in BACKENDS {
        for in_place in [false, true] {
            let db = TempDb::new(JournalMode::Delete);
            let backup = TempDb::new(JournalMode::Delete);
            backup.sql(
                "INSERT INTO t(n) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c \
                        WHERE i < 20000) SELECT i FROM c",
            );
            let (watcher, mut events) = follow(db.path(), backend);
            if !in_place {
                fs::remove_file(db.path()).expect("unlink");
            }
            copy_slowly(backup.path(), db.path(), || {
                // So that it looks in between: at each look the file is longer, and not yet whole. Where locks are not
                // seen, it looks again before it believes what it sees.
                let enough = watcher.stats().looks + if cfg!(windows) { 20 } else { 2 };
                assert!(wait_until(LONG, || watcher.stats().looks >= enough));
                assert_eq!(
                    events.try_recv().expect("alive"),
                    None,
                    "{backend:?} {in_place}"
                );
            });
            replaced(&mut events);
            let connection = rusqlite::Connection::open(db.path()).expect("the database");
            let rows: i64 = connection
                .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
                .expect("it is whole");
            assert!(rows >= 20_000);
            drop(connection);
            let insert = "INSERT INTO t(n) VALUES (1)";
            commits_once(db.path(), insert, &watcher, &mut events);
        }
    }
}

#[test]
fn a_wal_database_that_is_replaced_wakes_for_that_and_for_no_commit() {
    for backend in BACKENDS {
        for _ in 0..count(10, 100) {
            let db = TempDb::new(JournalMode::Wal);
            let other = TempDb::new(JournalMode::Wal);
            let (watcher, mut events) = follow(db.path(), backend);
            rename_over(other.path(), db.path());
            replaced(&mut events);
            assert_eq!(watcher.stats().commits, 0, "{backend:?}");
        }
    }
}

#[test]
fn a_directory_that_is_made_anew_is_watched_again() {
    let db = TempDb::new(JournalMode::Wal);
    let directory = db.beside("live");
    let live = directory.join("app.db");
    fs::create_dir(&directory).expect("a directory");
    fs::copy(db.path(), &live).expect("a copy");
    let (watcher, mut events) = follow(&live, WatcherBackend::KernelWatch);
    for _ in 0..count(10, 100) {
        fs::remove_dir_all(&directory).expect("removed");
        assert!(wait_until(LONG, || watcher
            .stats()
            .last_error
            .is_some_and(|error| error.contains("found no file"))));
        fs::create_dir(&directory).expect("a directory");
        fs::copy(db.path(), &live).expect("a copy");
        replaced(&mut events);
        // Its log is new: only the directory's watch tells of it.
        let hints = watcher.stats().hints;
        let insert = "INSERT INTO t(n) VALUES (1)";
        commits_once(&live, insert, &watcher, &mut events);
        assert!(wait_until(LONG, || watcher.stats().hints > hints));
    }
}
