//! `locking_mode=EXCLUSIVE`, and the VFSs and parameters that change how SQLite locks: nolock, immutable, unix-dotfile,
//! unix-excl.

use crate::watching::{self, Watched};
use crate::{INSERT, every_backend, open};
use honker_core::{SharedUpdateWatcher, UpdateEvents};
use honker_testkit::{
    Conn, JournalMode, LONG, Open, OpenFlag, Synchronous, TempDb, Writer, wait_until,
};

/// One watcher a backend.
fn watch_all(db: &TempDb, mode: JournalMode) -> Vec<(SharedUpdateWatcher, UpdateEvents)> {
    let backends = watching::backends(mode).into_iter();
    backends.map(|backend| open(db.path(), backend)).collect()
}

/// Nobody else can read while the writer keeps its lock. That is said, and when it ends the commits wake.
fn keeps_its_commits_to_itself(mode: JournalMode, vfs: Option<&str>, first: &str) {
    let db = TempDb::new(mode);
    let mut writer = Writer::spawn();
    let how = Open {
        vfs: vfs.map(str::to_owned),
        ..Open::default()
    };
    let conn = writer.try_open(db.path(), how).expect("a connection");
    let mut watchers = watch_all(&db, mode);
    for sql in [first, &mode.pragma(), INSERT, INSERT] {
        writer.exec(conn, sql).expect(sql);
    }
    let mut reader = Writer::spawn();
    let other = reader.open(db.path());
    reader.exec(other, "PRAGMA busy_timeout=0").expect("SQL");
    let refused = reader.exec(other, "SELECT * FROM t").expect_err("kept out");
    assert!(refused.is_busy(), "{refused}");
    for (watcher, _) in &watchers {
        let about = || format!("{mode}, {vfs:?}: {:#?}", watcher.stats());
        let said = || {
            watcher
                .stats()
                .last_error
                .is_some_and(|told| told.contains("kept readers out"))
        };
        assert!(wait_until(LONG, said), "not said, {}", about());
    }
    writer.close(conn);
    for (watcher, events) in &mut watchers {
        let update = events.recv_timeout(LONG).expect("alive");
        let update = update.unwrap_or_else(|| panic!("{:#?}", watcher.stats()));
        // With a journal, unix-excl counts each commit, and all but the last are certain before it lets go.
        let counted = vfs.is_some() && !mode.is_wal();
        assert!(
            update.commits >= 1 && (counted || !update.exact),
            "{update:?}"
        );
        if counted {
            let both = || watcher.stats().commits == 2;
            assert!(wait_until(LONG, both), "{:#?}", watcher.stats());
        }
    }
}

#[test]
fn in_locking_mode_exclusive_commits_wake_when_the_lock_is_given_back_and_until_then_that_is_said()
{
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        keeps_its_commits_to_itself(mode, None, "PRAGMA locking_mode=EXCLUSIVE");
    }
}

#[test]
fn with_unix_excl_commits_wake_when_the_lock_is_given_back_and_until_then_that_is_said() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        keeps_its_commits_to_itself(mode, Some("unix-excl"), "SELECT 1");
    }
}

/// A writer whose locks cannot be seen: each of its commits wakes all the same.
fn commits_wake(mode: JournalMode, db: &TempDb, connect: impl Fn(&mut Writer) -> Conn) {
    for backend in every_backend(mode) {
        let mut watched = Watched::open(db.path(), backend);
        let mut writer = Writer::spawn();
        let conn = connect(&mut writer);
        for _ in 0..10 {
            writer.exec(conn, INSERT).expect("a commit");
            watched.accounts_for(1, &format!("{mode}, {backend}"));
        }
        for sql in ["BEGIN", INSERT, "ROLLBACK"] {
            writer.exec(conn, sql).expect("SQL");
        }
        watched.accounts_for(0, &format!("{mode}, {backend}"));
        writer.close(conn);
        watched.accounts_for(0, &format!("{mode}, {backend}"));
    }
}

fn uri(db: &TempDb, parameters: &str) -> (String, Open) {
    let how = Open {
        flags: vec![OpenFlag::Uri],
        ..Open::default()
    };
    (format!("file:{}?{parameters}", db.path().display()), how)
}

#[test]
fn with_nolock_each_commit_of_a_journal_on_disk_wakes() {
    for mode in [
        JournalMode::Delete,
        JournalMode::Truncate,
        JournalMode::Persist,
    ] {
        let db = TempDb::new(mode);
        commits_wake(mode, &db, |writer| {
            let (path, how) = uri(&db, "nolock=1");
            let conn = writer.try_open(path, how).expect("a connection");
            writer.set_journal_mode(conn, mode);
            conn
        });
    }
}

/// A log needs locks, so that nobody can write one unseen.
#[test]
fn with_nolock_sqlite_refuses_a_wal_database() {
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let (path, how) = uri(&db, "nolock=1");
    let conn = writer.try_open(path, how).expect("a connection");
    writer.exec(conn, INSERT).expect_err("no wal-index");
    writer
        .exec(conn, "PRAGMA locking_mode=EXCLUSIVE")
        .expect("SQL");
    writer.exec(conn, INSERT).expect_err("nor then");
}

#[test]
fn with_unix_dotfile_each_commit_of_a_journal_on_disk_wakes() {
    for mode in [
        JournalMode::Delete,
        JournalMode::Truncate,
        JournalMode::Persist,
    ] {
        let db = TempDb::new(mode);
        commits_wake(mode, &db, |writer| {
            let how = Open {
                vfs: Some("unix-dotfile".to_owned()),
                ..Open::default()
            };
            let conn = writer.try_open(db.path(), how).expect("a connection");
            writer.set_journal_mode(conn, mode);
            conn
        });
    }
}

/// It promises that nobody writes, so it sees nothing of what others do; whoever watches does.
#[test]
fn an_immutable_reader_wakes_nobody_and_keeps_nobody_from_waking() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        for backend in every_backend(mode) {
            let db = TempDb::new(mode);
            let mut watched = Watched::open(db.path(), backend);
            let mut reader = Writer::spawn();
            let (path, how) = uri(&db, "immutable=1");
            let conn = reader.try_open(path, how).expect("a connection");
            reader.exec(conn, "BEGIN; SELECT * FROM t").expect("a read");
            watched.accounts_for(0, backend.name());
            let mut writer = Writer::spawn();
            let other = writer.open_in(db.path(), mode, Synchronous::Normal);
            for _ in 0..3 {
                writer.exec(other, INSERT).expect("a commit");
                watched.accounts_for(1, backend.name());
            }
        }
    }
}
