//! Histories in which an earlier version woke before the commit could be read.

use crate::stage::{BUSY, INSERT, Point, SAME, Session, Watch, exactly, inexact};
use honker_core::Conservative::{LockKept, LogNotFollowed, ModeSwitch};
use honker_testkit::JournalMode::{self, Delete, Memory, Off, Persist, Truncate, Wal};
use honker_testkit::TempDb;

/// A transaction stopped when page 1, and the counter on it, are in the file.
fn frozen(mode: JournalMode) -> (TempDb, Session, Watch) {
    let db = TempDb::new(mode);
    let database = db.path().to_owned();
    let mut session = Session::open_in(&db, mode);
    let mut watch = Watch::start(&db);
    session.freeze(INSERT, &Point::write(&database));
    assert_eq!(watch.once(), BUSY, "{mode}");
    (db, session, watch)
}

#[test]
fn a_commit_frozen_before_its_commit_point_wakes_when_it_goes_on() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let database = db.path().to_owned();
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.freeze(INSERT, &Point::first("fsync").on(&database));
        watch.stays_busy();
        session.thaw();
        watch.finds(exactly(1));
    }
}

/// Between its two pages. A lock that is kept, with nothing to roll back and a database that is written again, could be
/// one under which a commit was made before.
#[test]
fn a_slow_commit_without_a_journal_is_not_exact() {
    for mode in [Memory, Off] {
        let (_db, mut session, mut watch) = frozen(mode);
        watch.stays_busy();
        session.thaw();
        watch.finds(inexact(LockKept));
    }
}

#[test]
fn a_slow_commit_with_a_journal_is_exact() {
    for mode in [Delete, Truncate, Persist] {
        let (_db, mut session, mut watch) = frozen(mode);
        watch.stays_busy();
        session.thaw();
        watch.finds(exactly(1));
    }
}

#[test]
fn a_commit_killed_before_its_commit_point_is_rolled_back() {
    for mode in [Delete, Truncate, Persist] {
        let (db, session, mut watch) = frozen(mode);
        session.kill();
        // No lock, a moved counter, and a hot journal: the next reader rolls back.
        watch.stays_busy();
        let mut next = Session::open(&db);
        assert_eq!(next.read(), 1);
        watch.finds(SAME);
        next.commits(1);
        watch.finds(exactly(1));
    }
}

/// Without a journal in a file there is nothing to roll back: part of the transaction stays in the database.
#[test]
fn a_commit_killed_without_a_journal_did_change_the_file() {
    for mode in [Memory, Off] {
        let (_db, session, mut watch) = frozen(mode);
        session.kill();
        watch.finds(exactly(1));
    }
}

/// Between the moment its journal goes and the moment its lock goes, readers still get SQLITE_BUSY.
#[test]
fn a_commit_frozen_after_its_commit_point_waits_for_its_lock() {
    for (mode, call) in [(Delete, "unlink"), (Truncate, "ftruncate")] {
        let db = TempDb::new(mode);
        let journal = db.journal();
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.freeze(INSERT, &Point::first(call).on(&journal));
        assert_eq!(watch.once(), BUSY, "{mode}");
        session.thaw();
        watch.finds(exactly(1));
    }
}

/// The hot rollback of somebody else's journal, stopped in the middle: its lock keeps readers out.
#[test]
fn a_hot_rollback_frozen_is_not_a_commit() {
    let (db, session, mut watch) = frozen(Delete);
    session.kill();
    let database = db.path().to_owned();
    let mut next = Session::open(&db);
    next.freeze("SELECT * FROM t", &Point::write(&database));
    watch.stays_busy();
    next.thaw();
    watch.finds(SAME);
}

/// The journal is in the file system and the database untouched.
#[test]
fn a_transaction_that_only_has_a_journal_is_none_yet() {
    for mode in [Delete, Truncate, Persist] {
        let db = TempDb::new(mode);
        let journal = db.journal();
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.freeze(INSERT, &Point::write(&journal));
        watch.finds(SAME);
        session.thaw();
        watch.finds(exactly(1));
    }
}

#[test]
fn a_switch_to_wal_frozen_inside_its_commit() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let database = db.path().to_owned();
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.freeze("PRAGMA journal_mode=WAL", &Point::write(&database));
        watch.stays_busy();
        session.thaw();
        watch.finds(inexact(ModeSwitch));
        session.commits(2);
        watch.finds(exactly(2));
    }
}

/// The log is gone, and page 1 says so already; the journal of that page is still hot.
#[test]
fn a_switch_from_wal_frozen_inside_its_commit() {
    let db = TempDb::new(Wal);
    let database = db.path().to_owned();
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.freeze("PRAGMA journal_mode=DELETE", &Point::write(&database));
    assert!(!db.wal().exists());
    watch.stays_busy();
    session.thaw();
    watch.finds(inexact(ModeSwitch));
    session.commits(2);
    watch.finds(exactly(2));
}

/// Commits before the switch, which only the log knew of, are in the same wake.
#[test]
fn a_switch_from_wal_after_unseen_commits() {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.commits(3).sql("PRAGMA journal_mode=DELETE");
    watch.finds(inexact(ModeSwitch));
}

/// Readers of a log in `locking_mode=EXCLUSIVE` get SQLITE_BUSY until its session ends.
#[test]
fn a_log_in_exclusive_mode_is_read_when_it_ends() {
    let db = TempDb::new(Wal);
    let mut watch = Watch::start(&db);
    let mut session = Session::open(&db);
    session.sql("PRAGMA locking_mode=EXCLUSIVE");
    for _ in 0..3 {
        session.commits(1);
        watch.stays_busy();
    }
    session.writer.no_ckpt_on_close(session.conn, true);
    session.close();
    watch.finds(inexact(LogNotFollowed));
}

/// The same on a connection that has its wal-index in `-shm` already: there the commits can be seen before.
#[test]
fn a_log_that_turns_exclusive_is_read_when_it_ends() {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.commits(1);
    watch.finds(exactly(1));
    session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(2);
    assert!(db.shm().exists());
    watch.stays_busy();
    session.sql("PRAGMA locking_mode=NORMAL").read();
    watch.finds(exactly(2));
}
