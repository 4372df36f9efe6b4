//! Histories in which an earlier version woke and nothing had been committed.

use crate::stage::{INSERT, Point, SAME, Session, TWO_PAGES, Watch, dated_after, exactly, inexact};
use honker_core::Conservative::{LogNotFollowed, UnseenSession};
use honker_testkit::JournalMode::{Delete, Persist, Truncate, Wal};
use honker_testkit::TempDb;
use std::fs::File;
use std::time::Duration;

const TRUNCATE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// A database whose log has a commit that was seen.
fn followed() -> (TempDb, Session, Watch) {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.commits(1);
    watch.finds(exactly(1));
    (db, session, watch)
}

/// Recovery finds no commit in the emptied log. That the checkpoint wrote to the database was seen before.
#[test]
fn truncate_kill_and_reopen() {
    let (db, mut session, mut watch) = followed();
    session.sql(TRUNCATE);
    watch.finds(SAME);
    session.kill();
    watch.finds(SAME);
    let mut next = Session::open(&db);
    next.read();
    watch.finds(SAME);
    next.commits(1);
    watch.finds(exactly(1));
}

/// All in one look the truth is not to be known: another session could have committed, and emptied the log as well.
#[test]
fn truncate_kill_and_reopen_in_one_look_is_not_exact() {
    let (db, mut session, mut watch) = followed();
    session.sql(TRUNCATE);
    session.kill();
    Session::open(&db).read();
    watch.finds(inexact(UnseenSession));
}

/// The last close writes to the database and takes the log away; the next session's log is a new one.
#[test]
fn close_and_reopen_between_two_looks() {
    let (db, session, mut watch) = followed();
    session.close();
    let mut next = Session::open(&db);
    next.read();
    watch.finds(SAME);
    next.close();
    watch.finds(SAME);
}

#[test]
fn the_last_close() {
    let (db, session, mut watch) = followed();
    session.close();
    assert!(!db.wal().exists());
    watch.finds(SAME);
    watch.later();
    watch.finds(SAME);
}

/// File times prove nothing then: the log tells what its close has written.
#[test]
fn the_last_close_in_the_clock_tick_of_its_checkpoint() {
    let nothing = "PRAGMA user_version";
    for commit in [INSERT, TWO_PAGES] {
        for before in [nothing, TRUNCATE] {
            let (db, mut session, mut watch) = followed();
            session.sql(commit);
            watch.finds(exactly(1));
            session.sql(before);
            let wal_index = File::open(db.shm()).expect("there is a session");
            session.close();
            dated_after(&db, &wal_index, Duration::ZERO);
            watch.finds(SAME);
            let mut next = Session::open(&db);
            next.commits(1);
            watch.finds(exactly(1));
        }
    }
}

/// Switched to WAL in the file, but the switch itself has a journal and is not committed.
#[test]
fn a_switch_to_wal_is_killed_in_mid_commit() {
    for mode in [Delete, Truncate, Persist] {
        let db = TempDb::new(mode);
        let database = db.path().to_owned();
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.freeze("PRAGMA journal_mode=WAL", &Point::write(&database));
        watch.stays_busy();
        session.kill();
        watch.stays_busy();
        let mut next = Session::open(&db);
        next.read();
        watch.finds(SAME);
        next.sql("PRAGMA journal_mode").commits(1);
        watch.finds(exactly(1));
    }
}

/// And back: the log is being written to the database, for the last time.
#[test]
fn a_switch_from_wal_is_killed_in_its_checkpoint() {
    let (db, mut session, mut watch) = followed();
    let database = db.path().to_owned();
    session.freeze("PRAGMA journal_mode=DELETE", &Point::write(&database));
    assert!(db.wal().exists());
    session.kill();
    watch.finds(SAME);
    let mut next = Session::open(&db);
    next.read();
    watch.finds(SAME);
}

/// The log is gone already, and the page that says so is not committed: what was written and put back looks like the
/// trace of a session that nobody saw.
#[test]
fn a_switch_from_wal_that_is_killed_in_mid_commit_wakes_once_and_says_why() {
    let (db, mut session, mut watch) = followed();
    let database = db.path().to_owned();
    session.sql(TRUNCATE);
    watch.finds(SAME);
    session.freeze("PRAGMA journal_mode=DELETE", &Point::write(&database));
    assert!(!db.wal().exists() && db.journal().exists());
    watch.stays_busy();
    session.kill();
    watch.stays_busy();
    let mut next = Session::open(&db);
    next.read();
    watch.finds(inexact(UnseenSession));
    watch.finds(SAME);
    next.commits(1);
    watch.finds(exactly(1));
}

/// A first connection locks the DMS byte exclusively, and only then cuts a `-shm` that may be stale. Stopped in between.
#[test]
fn a_stale_wal_index_that_is_about_to_be_cut() {
    let (db, first, mut watch) = followed();
    first.kill();
    let mut second = Session::open(&db);
    second.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
    second.kill();
    watch.finds(exactly(1));
    let stale = db.shm().metadata().expect("left by the first").len();
    let mut third = Session::open(&db);
    let shm = db.shm();
    third.freeze("SELECT * FROM t", &Point::first("fcntl").nth(2).on(&shm));
    assert_eq!(shm.metadata().expect("not cut yet").len(), stale);
    watch.finds(SAME);
    third.thaw();
    watch.finds(SAME);
}

/// Each gives the log other salts; no commit has another checksum.
#[test]
fn two_truncates_in_one_look() {
    let (_db, mut session, mut watch) = followed();
    session.sql(TRUNCATE).sql(TRUNCATE);
    watch.finds(SAME);
    session.commits(1);
    watch.finds(exactly(1));
}

/// With a commit between them it is a wake; how many commits the emptied log held is known only while it is followed.
#[test]
fn two_truncates_around_a_commit() {
    let (_db, mut session, mut watch) = followed();
    session.sql(TRUNCATE).commits(1).sql(TRUNCATE);
    watch.finds(exactly(1));
    session.sql(TRUNCATE).commits(1).sql(TRUNCATE);
    watch.later();
    watch.finds(inexact(LogNotFollowed));
}

#[test]
fn recovery_of_an_empty_log() {
    let db = TempDb::new(Wal);
    let session = Session::open_in(&db, Wal);
    assert_eq!(db.wal().metadata().expect("a log").len(), 0);
    let mut watch = Watch::start(&db);
    session.kill();
    watch.finds(SAME);
    let mut next = Session::open(&db);
    next.read();
    watch.finds(SAME);
}

/// A restarted log of which only the header was written: the old frames behind it have other salts.
#[test]
fn recovery_of_a_log_that_was_killed_at_its_restart() {
    let (db, mut session, mut watch) = followed();
    let wal = db.wal();
    session.sql("PRAGMA wal_checkpoint(RESTART)");
    watch.finds(SAME);
    session.freeze(INSERT, &Point::write(&wal));
    watch.finds(SAME);
    session.kill();
    watch.finds(SAME);
    Session::open(&db).read();
    watch.finds(SAME);
}

/// Frames without a commit mark behind the last commit.
#[test]
fn recovery_of_a_log_that_was_killed_in_mid_commit() {
    let (db, mut session, mut watch) = followed();
    let wal = db.wal();
    session.freeze(INSERT, &Point::write(&wal));
    watch.finds(SAME);
    session.kill();
    watch.finds(SAME);
    let mut next = Session::open(&db);
    next.read();
    watch.finds(SAME);
    next.commits(2);
    watch.finds(exactly(2));
}

/// Stopped in every system call of a checkpoint: none is a commit, and none hides one.
#[test]
fn a_checkpoint_frozen_anywhere() {
    for (call, nth) in [
        ("pwrite64", 1),
        ("ftruncate", 1),
        ("fsync", 1),
        ("fsync", 2),
    ] {
        let (_db, mut session, mut watch) = followed();
        session.freeze(TRUNCATE, &Point::first(call).nth(nth));
        watch.finds(SAME);
        session.thaw();
        watch.finds(SAME);
        session.commits(1);
        watch.finds(exactly(1));
    }
}
