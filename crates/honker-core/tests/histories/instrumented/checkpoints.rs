//! A checkpoint, stopped and killed all along its way: none is a commit, and none hides one.

use super::audience::{At, Audience};
use crate::stage::{SAME, Session, TWO_PAGES, exactly};
use honker_testkit::JournalMode::Wal;
use honker_testkit::TempDb;

const TRUNCATE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// A log with two pages, and a writer that was stopped while it checkpoints.
fn stopped(at: At) -> (TempDb, Session, Audience) {
    let db = TempDb::new(Wal);
    let mut session = Session::instrumented_in(&db, Wal);
    let mut audience = Audience::start(&db, Wal);
    session.sql(TWO_PAGES);
    audience.finds(exactly(1));
    session.stop(TRUNCATE, at);
    (db, session, audience)
}

/// Stopped there everything stands as before; it goes on, or dies alone, or beside a connection that stays.
fn is_no_commit(at: At) {
    println!("{at:?}");
    let (_db, mut session, mut audience) = stopped(at);
    audience.is_silent();
    session.thaw();
    audience.finds(SAME);
    session.commits(2);
    audience.finds(exactly(2));

    let (db, session, mut audience) = stopped(at);
    audience.is_silent();
    session.kill();
    audience.finds(SAME);
    let mut next = Session::open(&db);
    assert_eq!(next.read(), 2);
    audience.finds(SAME);
    next.commits(1);
    audience.finds(exactly(1));

    let db = TempDb::new(Wal);
    let mut beside = Session::open_in(&db, Wal);
    let mut session = Session::instrumented_in(&db, Wal);
    let mut audience = Audience::start(&db, Wal);
    session.sql(TWO_PAGES);
    audience.finds(exactly(1));
    session.stop(TRUNCATE, at);
    audience.is_silent();
    session.kill();
    assert_eq!(beside.read(), 2);
    audience.finds(SAME);
    beside.commits(1);
    audience.finds(exactly(1));
}

#[test]
fn a_checkpoint_that_has_written_nothing() {
    is_no_commit(("database-not-backfilled", 1));
}

#[test]
fn a_checkpoint_between_two_pages() {
    is_no_commit(("page-backfilled", 1));
}

#[test]
fn a_checkpoint_that_has_not_said_so_yet() {
    is_no_commit(("page-backfilled", 2));
    is_no_commit(("backfill-uncounted", 1));
}

#[test]
fn a_checkpoint_that_is_done_and_has_not_restarted_its_log() {
    is_no_commit(("backfill-counted", 1));
    is_no_commit(("log-not-restarted", 1));
}

/// The header of 0 frames, in one of its copies only.
#[test]
fn a_checkpoint_in_the_middle_of_publishing_an_empty_log() {
    is_no_commit(("header-unpublished", 1));
    is_no_commit(("header-half-published", 1));
    is_no_commit(("header-published", 1));
}

/// Killed here alone, recovery finds the old frames again: the log says so, and the wal-index says nothing.
#[test]
fn a_checkpoint_that_has_not_emptied_its_log() {
    is_no_commit(("log-untruncated", 1));
}

#[test]
fn a_checkpoint_that_has_emptied_its_log() {
    is_no_commit(("log-truncated", 1));
}

/// A second TRUNCATE, stopped in its publication, in the same look as the first.
#[test]
fn two_checkpoints_in_one_look() {
    let db = TempDb::new(Wal);
    let mut session = Session::instrumented_in(&db, Wal);
    let mut audience = Audience::start(&db, Wal);
    session.commits(1);
    audience.finds(exactly(1));
    session.sql(TRUNCATE);
    session.stop(TRUNCATE, ("header-half-published", 1));
    audience.is_silent();
    session.thaw();
    audience.finds(SAME);
    session.commits(1);
    audience.finds(exactly(1));
}
