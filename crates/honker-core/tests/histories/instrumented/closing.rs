//! The last close of a log, stopped and killed all along its way.

use super::audience::{At, Audience};
use crate::stage::{SAME, Session, TWO_PAGES, Watch, dated_after, exactly};
use honker_core::testing::Look;
use honker_testkit::JournalMode::Wal;
use honker_testkit::TempDb;
use std::fs::File;
use std::time::Duration;

/// A session whose commits were seen, stopped while it closes.
fn closing(at: At) -> (TempDb, Session, Audience) {
    println!("{at:?}");
    let db = TempDb::new(Wal);
    let mut session = Session::instrumented_in(&db, Wal);
    let mut audience = Audience::start(&db, Wal);
    session.sql(TWO_PAGES).commits(1);
    audience.finds(exactly(2));
    session.stop_close(at);
    (db, session, audience)
}

fn is_no_commit(at: At) {
    let (db, mut session, mut audience) = closing(at);
    audience.is_silent();
    session.thaw();
    audience.finds(SAME);
    let mut next = Session::open(&db);
    next.commits(1);
    audience.finds(exactly(1));

    let (db, session, mut audience) = closing(at);
    audience.is_silent();
    session.kill();
    audience.finds(SAME);
    let mut next = Session::open(&db);
    assert_eq!(next.read(), 3);
    audience.finds(SAME);
    next.commits(1);
    audience.finds(exactly(1));
}

#[test]
fn a_last_close_that_has_not_checkpointed() {
    is_no_commit(("close-unchecked", 1));
    is_no_commit(("page-backfilled", 1));
}

#[test]
fn a_last_close_that_has_checkpointed() {
    is_no_commit(("close-checkpointed", 1));
    is_no_commit(("index-linked", 1));
}

#[test]
fn a_last_close_that_has_taken_its_wal_index_away() {
    is_no_commit(("index-unlinked", 1));
    is_no_commit(("log-linked", 1));
}

#[test]
fn a_last_close_that_has_taken_its_log_away() {
    is_no_commit(("log-deleted", 1));
}

/// Commits that nobody saw before the close, which looks on demand find in the `-shm` that lost its name.
#[test]
fn commits_right_before_a_close_that_is_killed() {
    for at in [
        ("close-unchecked", 1),
        ("index-unlinked", 1),
        ("log-deleted", 1),
    ] {
        let db = TempDb::new(Wal);
        let mut session = Session::instrumented_in(&db, Wal);
        let mut audience = Audience::start(&db, Wal);
        session.commits(1);
        audience.finds(exactly(1));
        session.commits(3);
        session.stop_close(at);
        session.kill();
        audience.finds(exactly(3));
        assert_eq!(Session::open(&db).read(), 5);
        audience.finds(SAME);
    }
}

/// The log was left, and the next session goes on in it: opened, committed and closed between two looks.
#[test]
fn a_killed_close_and_then_a_session_nobody_saw() {
    for at in [("index-unlinked", 1), ("log-linked", 1), ("log-deleted", 1)] {
        let db = TempDb::new(Wal);
        let mut session = Session::instrumented_in(&db, Wal);
        let mut watch = Watch::start(&db);
        session.commits(1);
        watch.finds(exactly(1));
        session.stop_close(at);
        session.kill();
        let mut unseen = Session::open(&db);
        unseen.commits(1);
        unseen.close();
        finds_one(&mut watch, at);
    }
}

/// The same, with a session that creates no file, within the clock tick of the close. It writes behind the frames that were
/// left, or over the first ones.
#[test]
fn a_killed_close_and_then_an_exclusive_session_nobody_saw() {
    for at in [("index-unlinked", 1), ("log-linked", 1)] {
        for first in ["PRAGMA user_version", "PRAGMA wal_checkpoint"] {
            let db = TempDb::new(Wal);
            let mut session = Session::instrumented_in(&db, Wal);
            let mut watch = Watch::start(&db);
            session.commits(2).sql(TWO_PAGES).commits(2);
            watch.finds(exactly(5));
            let wal_index = File::open(db.shm()).expect("there is a session");
            session.stop_close(at);
            session.kill();
            assert!(db.wal().exists(), "{at:?}");
            let mut unseen = Session::open(&db);
            unseen.sql("PRAGMA locking_mode=EXCLUSIVE").sql(first);
            unseen.commits(1);
            assert!(!db.shm().exists());
            unseen.close();
            dated_after(&db, &wal_index, Duration::ZERO);
            finds_one(&mut watch, at);
        }
    }
}

fn finds_one(watch: &mut Watch, at: At) {
    let look = watch.look();
    let is_commit = matches!(look, Look::Commits { commits: 1, .. });
    assert!(is_commit, "{at:?}: {look:?}");
    watch.finds(SAME);
}
