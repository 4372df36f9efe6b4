//! Writes that do not come from SQLite: an in-place `cp`, truncation to 0, garbage. (`data-version` is not told of
//! them: SQLite does not notice a foreign writer.)

use crate::watching::{self, Watched};
use crate::{INSERT, end_of, open};
use honker_core::{ErrorKind, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, Writer};
use std::fs;
use std::path::Path;

/// As `cp` does it: the file stays, its content is cut and written again.
fn cp(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").args([from, to]).status();
    assert!(done.expect("cp").success());
}

/// Overwrites without cutting first, so that nobody can see the moment in between.
fn overwrite(from: &Path, to: &Path) {
    let bytes = fs::read(from).expect("a file");
    let file = fs::File::options().write(true).open(to).expect("a file");
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).expect("written");
    file.set_len(bytes.len() as u64).expect("cut");
}

fn each_mode_and_backend() -> impl Iterator<Item = (JournalMode, WatcherBackend)> {
    [JournalMode::Delete, JournalMode::Persist, JournalMode::Wal]
        .into_iter()
        .flat_map(|mode| {
            watching::backends(mode)
                .into_iter()
                .map(move |backend| (mode, backend))
        })
}

#[test]
fn an_in_place_cp_ends_the_watcher_or_wakes_but_is_never_passed_over() {
    for (mode, backend) in each_mode_and_backend() {
        for older in [true, false] {
            let (db, other) = (TempDb::new(mode), TempDb::new(mode));
            let ahead = if older { &db } else { &other };
            for table in 0..5 {
                ahead.sql(&format!("CREATE TABLE t{table}(x)"));
            }
            let (_watcher, mut events) = open(db.path(), backend);
            cp(other.path(), db.path());
            match events.recv_timeout(LONG) {
                Ok(Some(update)) => assert!(update.commits >= 1),
                Ok(None) => panic!("{mode}, {backend}, older {older}: silence"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Replaced);
                    assert!(
                        error.to_string().contains("overwritten in place"),
                        "{error}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_database_of_another_page_size_with_the_same_counter_is_a_replacement() {
    for backend in watching::BACKENDS {
        let db = TempDb::new(JournalMode::Delete);
        let other = TempDb::absent();
        other.sql("PRAGMA page_size=8192; CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, body); INSERT INTO t(n) VALUES (0)");
        let (_watcher, mut events) = open(db.path(), backend);
        overwrite(other.path(), db.path());
        let end = end_of(&mut events);
        assert_eq!(end.kind(), ErrorKind::Replaced);
        assert!(end.to_string().contains("its page size changed"), "{end}");
    }
}

/// Neither does SQLite notice: its caches are good as long as the counter stays.
#[test]
fn an_overwrite_that_leaves_the_header_as_it_was_is_silent_and_commits_after_it_wake() {
    for (mode, backend) in each_mode_and_backend().filter(|(mode, _)| !mode.is_wal()) {
        let (db, other) = (TempDb::new(mode), TempDb::new(mode));
        let mut watched = Watched::open(db.path(), backend);
        overwrite(other.path(), db.path());
        watched.accounts_for(0, &format!("{mode}, {backend}"));
        db.sql(INSERT);
        watched.accounts_for(1, &format!("{mode}, {backend}"));
    }
}

#[test]
fn truncation_to_0_is_a_replacement_in_every_mode_with_every_backend() {
    for (mode, backend) in each_mode_and_backend() {
        for connected in [false, true] {
            let db = TempDb::new(mode);
            let mut writer = Writer::spawn();
            let conn = writer.open(db.path());
            if connected {
                writer.exec(conn, INSERT).expect("a commit");
            }
            let (_watcher, mut events) = open(db.path(), backend);
            let file = fs::File::options().write(true).open(db.path());
            file.expect("a file").set_len(0).expect("cut");
            let end = end_of(&mut events);
            assert_eq!(end.kind(), ErrorKind::Replaced, "{mode}, {backend}: {end}");
            assert!(end.to_string().contains("cut to zero bytes"), "{end}");
        }
    }
}

#[test]
fn garbage_is_a_replacement_in_every_mode_with_every_backend() {
    for (mode, backend) in each_mode_and_backend() {
        for connected in [false, true] {
            let db = TempDb::new(mode);
            let mut writer = Writer::spawn();
            let conn = writer.open(db.path());
            if connected {
                writer.exec(conn, INSERT).expect("a commit");
            }
            let (_watcher, mut events) = open(db.path(), backend);
            let garbage = db.beside("garbage");
            fs::write(&garbage, vec![0x5a; 8192]).expect("a file");
            overwrite(&garbage, db.path());
            let end = end_of(&mut events);
            assert_eq!(end.kind(), ErrorKind::Replaced, "{mode}, {backend}: {end}");
            assert!(end.to_string().contains("no SQLite header"), "{end}");
        }
    }
}

/// Who has it open goes on in files without a name, and what it commits is lost: to SQLite as well.
#[test]
fn a_log_that_is_removed_under_its_connections_ends_the_watcher() {
    for backend in watching::backends(JournalMode::Wal) {
        let db = TempDb::new(JournalMode::Wal);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer.exec(conn, INSERT).expect("a commit");
        let (_watcher, mut events) = open(db.path(), backend);
        for sidecar in [db.wal(), db.shm()] {
            fs::remove_file(sidecar).expect("removed");
        }
        let end = end_of(&mut events);
        assert_eq!(end.kind(), ErrorKind::Unsupported, "{backend}: {end}");
        assert!(end.to_string().contains("its log was removed"), "{end}");
    }
}
