//! The first connection to a log, which may find a stale wal-index, stopped and killed all along its way.

use super::audience::{At, Audience};
use crate::stage::{SAME, Session, exactly};
use honker_testkit::JournalMode::Wal;
use honker_testkit::TempDb;

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
