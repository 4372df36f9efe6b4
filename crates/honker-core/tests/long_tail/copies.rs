//! VACUUM, VACUUM INTO, the backup API, and `.restore` into the watched file.

use crate::watching::Watched;
use crate::{INSERT, every_backend, open};
use honker_core::WatcherBackend;
use honker_testkit::{JournalMode, LONG, Shell, TempDb};
use std::path::Path;
use std::process::Command;

fn shell(path: &Path, command: &str) {
    let output = Shell::once(path, command);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{command}: {said}"
    );
}

/// Python's `Connection.backup`, which is `sqlite3_backup_*`, a page a step.
fn backup(from: &Path, to: &Path) {
    let script = "import sqlite3, sys\n\
                  source, target = map(sqlite3.connect, sys.argv[1:])\n\
                  source.backup(target, pages=1)\n\
                  target.close(); source.close()";
    let done = Command::new("python3")
        .args(["-c", script])
        .args([from, to])
        .status();
    assert!(done.expect("python3").success());
}

/// With a few hundred pages, so that a copy takes a while.
fn filled(mode: JournalMode) -> TempDb {
    let db = TempDb::new(mode);
    db.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO t(n, body) SELECT i, randomblob(3000) FROM n",
    );
    db
}

#[test]
fn vacuum_is_one_commit_and_one_wake_with_every_backend() {
    for mode in JournalMode::ALL {
        for backend in every_backend(mode) {
            let about = format!("{mode}, {backend}");
            let db = filled(mode);
            db.sql("DELETE FROM t WHERE id > 10");
            let mut watched = Watched::open(db.path(), backend);
            let vacuum = [&mode.pragma(), "VACUUM"].join("; ");
            let done = Shell::once(db.path(), &vacuum);
            assert!(done.status.success(), "{about}: {done:?}");
            let told = watched.accounts_for(1, &about);
            assert_eq!(told.wakes, 1, "{about}");
        }
    }
}

#[test]
fn a_vacuum_that_changes_the_page_size_is_one_commit_too() {
    for backend in every_backend(JournalMode::Delete) {
        let db = TempDb::new(JournalMode::Delete);
        let mut watched = Watched::open(db.path(), backend);
        for size in [8192, 512, 65536] {
            db.sql(&format!("PRAGMA page_size={size}; VACUUM"));
            watched.accounts_for(1, &format!("{size}, {backend}"));
        }
    }
}

#[test]
fn vacuum_into_wakes_only_who_watches_the_new_file() {
    for mode in JournalMode::ALL {
        for backend in every_backend(mode) {
            if backend == WatcherBackend::ShmFastPath {
                continue; // The new file has a rollback journal.
            }
            let about = format!("{mode}, {backend}");
            let db = filled(mode);
            let copy = db.beside("copy.db");
            let mut watched = Watched::open(db.path(), backend);
            let (_watcher, mut of_the_copy) = open(&copy, backend);
            shell(db.path(), &format!("VACUUM INTO '{}'", copy.display()));
            let update = of_the_copy.recv_timeout(LONG).expect(&about);
            assert!(update.expect(&about).commits >= 1);
            watched.accounts_for(0, &about);
        }
    }
}

#[test]
fn the_backup_api_into_the_watched_file_is_one_commit_and_one_wake() {
    for mode in JournalMode::ALL {
        let source = filled(JournalMode::Delete);
        for backend in every_backend(mode) {
            let about = format!("{mode}, {backend}");
            let db = TempDb::new(mode);
            let mut watched = Watched::open(db.path(), backend);
            backup(source.path(), db.path());
            let told = watched.accounts_for(1, &about);
            assert_eq!(told.wakes, 1, "{about}");
            // And out of it: a reader.
            backup(db.path(), &db.beside("copy.db"));
            watched.accounts_for(0, &about);
            db.sql(INSERT);
            watched.accounts_for(1, &about);
        }
    }
}

#[test]
fn restore_of_the_shell_into_the_watched_file_is_one_commit_and_one_wake() {
    for mode in JournalMode::ALL {
        let source = filled(JournalMode::Delete);
        for backend in every_backend(mode) {
            let about = format!("{mode}, {backend}");
            let db = TempDb::new(mode);
            let mut watched = Watched::open(db.path(), backend);
            shell(
                db.path(),
                &format!(".restore '{}'", source.path().display()),
            );
            let told = watched.accounts_for(1, &about);
            assert_eq!(told.wakes, 1, "{about}");
            shell(
                db.path(),
                &format!(".backup '{}'", db.beside("copy.db").display()),
            );
            watched.accounts_for(0, &about);
        }
    }
}
