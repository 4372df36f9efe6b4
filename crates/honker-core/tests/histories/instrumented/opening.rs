//! The first connection to a log, which may find a stale wal-index, stopped and killed all along its way.

use super::audience::{At, Audience};
use crate::stage::{SAME, Session, Watch, dated_after, exactly, inexact};
use honker_core::Conservative::UnseenSession;
use honker_testkit::JournalMode::Wal;
use honker_testkit::TempDb;
use std::fs::File;
use std::time::Duration;

/// A wal-index that says less than the log: it was left by a session before the last.
fn stale() -> (TempDb, Audience) {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut audience = Audience::start(&db, Wal);
    first.commits(1);
    audience.finds(exactly(1));
    first.writer.no_ckpt_on_close(first.conn, true);
    first.close();
    let mut second = Session::open(&db);
    second.writer.no_ckpt_on_close(second.conn, true);
    second.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
    second.close();
    audience.finds(exactly(1));
    (db, audience)
}

fn is_no_commit(at: At) {
    for dies in [false, true] {
        println!("{at:?} {dies}");
        let (db, mut audience) = stale();
        let mut third = Session::instrumented(&db);
        third.stop("SELECT * FROM t", at);
        audience.is_silent();
        if dies {
            third.kill();
            audience.finds(SAME);
            third = Session::open(&db);
        } else {
            third.thaw();
            audience.finds(SAME);
        }
        assert_eq!(third.read(), 3);
        audience.finds(SAME);
        third.commits(1);
        audience.finds(exactly(1));
    }
}

#[test]
fn a_stale_wal_index_that_nobody_has_locked() {
    is_no_commit(("index-unlocked", 1));
}

#[test]
fn a_stale_wal_index_that_is_locked_and_not_cut() {
    is_no_commit(("index-uncut", 1));
}

#[test]
fn a_wal_index_that_was_just_cut_to_3_bytes() {
    is_no_commit(("index-cut", 1));
}

/// Another writer commits to the log while the next session has cut the wal-index and not recovered it: in
/// `locking_mode=EXCLUSIVE` it needs none, if the first is gone.
#[test]
fn a_session_killed_at_its_cut_and_commits_after_it() {
    let (db, mut audience) = stale();
    let mut third = Session::instrumented(&db);
    third.stop("SELECT * FROM t", ("index-cut", 1));
    third.kill();
    audience.finds(SAME);
    let mut fourth = Session::open(&db);
    fourth.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
    fourth.kill();
    audience.finds(exactly(1));
    assert_eq!(Session::open(&db).read(), 4);
    audience.finds(SAME);
}

/// The last close before it falls into the clock tick of what it wrote: only the next session's lock says that nobody has
/// gone on with the log of one that was killed.
#[test]
fn the_next_session_after_a_close_in_the_clock_tick_of_its_checkpoint() {
    for at in [("index-unlocked", 1), ("index-uncut", 1), ("index-cut", 1)] {
        for dies in [false, true] {
            println!("{at:?} {dies}");
            let db = TempDb::new(Wal);
            let mut first = Session::open_in(&db, Wal);
            let mut watch = Watch::start(&db);
            first.commits(1);
            watch.finds(exactly(1));
            let wal_index = File::open(db.shm()).expect("there is a session");
            first.close();
            dated_after(&db, &wal_index, Duration::ZERO);
            let mut next = Session::instrumented(&db);
            next.stop("SELECT * FROM t", at);
            watch.stays_busy();
            if dies {
                next.kill();
                watch.finds(inexact(UnseenSession));
                next = Session::open(&db);
            } else {
                next.thaw();
                watch.finds(SAME);
            }
            next.commits(1);
            watch.finds(exactly(1));
        }
    }
}
