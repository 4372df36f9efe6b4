//! A commit to a log, stopped and killed all along its way.

use super::audience::{At, Audience, decides, stopped, stopped_before_it_can_be_read};
use crate::stage::{SAME, Session, TWO_PAGES, exactly};
use honker_testkit::JournalMode::Wal;
use honker_testkit::TempDb;

/// Killed beside another connection, which keeps the wal-index alive: there is no recovery, so what was not published
/// never was.
fn killed_beside_a_reader(at: At) {
    println!("{at:?}");
    let (db, session, mut audience) = stopped(Wal, TWO_PAGES, at);
    let mut reader = Session::open(&db);
    assert_eq!(reader.read(), 2);
    session.kill();
    audience.finds(SAME);
    assert_eq!(reader.read(), 2);
    reader.commits(1);
    audience.finds(exactly(1));
    assert_eq!(reader.read(), 3);
}

/// Its commit mark is the last of what it writes: before that, recovery finds nothing.
#[test]
fn a_commit_without_its_mark_is_none() {
    let at = ("frame-written", 1);
    stopped_before_it_can_be_read(Wal, TWO_PAGES, at, false);
    killed_beside_a_reader(at);
}

/// It can be found by recovery, and by nobody else.
#[test]
fn a_commit_with_its_mark_is_one_only_if_all_connections_die() {
    for at in [("frame-written", 2), ("log-synced", 1)] {
        stopped_before_it_can_be_read(Wal, TWO_PAGES, at, true);
        killed_beside_a_reader(at);
    }
}

#[test]
fn a_header_that_is_about_to_be_published_is_no_commit() {
    let at = ("header-unpublished", 1);
    stopped_before_it_can_be_read(Wal, TWO_PAGES, at, true);
    killed_beside_a_reader(at);
}

/// The two copies differ: readers have to wait, and if the writer is gone they recover what it wrote.
#[test]
fn a_header_published_by_half_waits_for_its_other_half() {
    let at = ("header-half-published", 1);
    stopped_before_it_can_be_read(Wal, TWO_PAGES, at, true);

    let (db, session, mut audience) = stopped(Wal, TWO_PAGES, at);
    audience.stays_busy();
    session.kill();
    audience.finds(exactly(1));
    assert_eq!(Session::open(&db).read(), 3);
    audience.finds(SAME);
}

/// The same beside a connection that stays: recovery belongs to whoever reads next.
#[test]
fn a_header_published_by_half_is_a_commit_when_its_writer_dies_beside_a_reader() {
    let db = TempDb::new(Wal);
    let mut reader = Session::open_in(&db, Wal);
    let mut session = Session::instrumented_in(&db, Wal);
    let mut audience = Audience::start(&db, Wal);
    session.commits(1);
    audience.finds(exactly(1));
    session.stop(TWO_PAGES, ("header-half-published", 1));
    audience.stays_busy();
    session.kill();
    assert_eq!(reader.read(), 3);
    audience.finds(exactly(1));
    reader.commits(1);
    audience.finds(exactly(1));
}

/// Everybody wakes without waiting for the writer, which still has its lock.
#[test]
fn a_header_that_was_published_is_a_commit() {
    let at = ("header-published", 1);
    let (_db, mut session, mut audience) = stopped(Wal, TWO_PAGES, at);
    audience.finds(exactly(1));
    session.thaw();
    audience.finds(SAME);

    let (db, session, mut audience) = stopped(Wal, TWO_PAGES, at);
    audience.finds(exactly(1));
    session.kill();
    audience.finds(SAME);
    decides(&db, &mut audience, 3, 0);
}

/// The first commit of a log: its header is no commit either.
#[test]
fn the_header_of_a_new_log_is_no_commit() {
    for at in [("log-without-header", 1), ("log-header-written", 1)] {
        for dies in [false, true] {
            let db = TempDb::new(Wal);
            let mut session = Session::instrumented_in(&db, Wal);
            let mut audience = Audience::start(&db, Wal);
            session.stop(TWO_PAGES, at);
            audience.finds(SAME);
            if dies {
                session.kill();
                decides(&db, &mut audience, 1, 0);
            } else {
                session.thaw();
                audience.finds(exactly(1));
            }
        }
    }
}

/// A log that is written from its start again: other salts, a published header of 0 frames, and no commit.
#[test]
fn a_log_restarted_by_its_writer_is_no_commit() {
    for (at, kept) in [
        (("log-restarted", 1), false),
        (("log-without-header", 1), false),
        (("log-header-written", 1), false),
        (("frame-written", 1), false),
        (("frame-written", 2), true),
    ] {
        for dies in [false, true] {
            println!("{at:?} {dies}");
            let db = TempDb::new(Wal);
            let mut session = Session::instrumented_in(&db, Wal);
            let mut audience = Audience::start(&db, Wal);
            session.commits(1);
            audience.finds(exactly(1));
            session.sql("PRAGMA wal_checkpoint(RESTART)");
            audience.finds(SAME);
            session.stop(TWO_PAGES, at);
            audience.finds(SAME);
            if dies {
                session.kill();
                decides(&db, &mut audience, 2, i64::from(kept));
            } else {
                session.thaw();
                audience.finds(exactly(1));
            }
        }
    }
}

/// A session in `locking_mode=EXCLUSIVE` has its wal-index to itself: no reader gets in before it ends.
#[test]
fn a_commit_of_an_exclusive_session_is_read_when_it_dies() {
    for (at, kept) in [
        (("frame-written", 1), 1),
        (("frame-written", 2), 2),
        (("header-half-published", 1), 2),
        (("header-published", 1), 2),
    ] {
        println!("{at:?}");
        let db = TempDb::new(Wal);
        let mut audience = Audience::start(&db, Wal);
        let mut session = Session::instrumented(&db);
        session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
        audience.stays_busy();
        session.stop(TWO_PAGES, at);
        audience.stays_busy();
        session.kill();
        // Counted by the marks in a log that nobody followed.
        audience.finds_some();
        let mut next = Session::open(&db);
        assert_eq!(next.read(), 1 + kept);
        audience.finds(SAME);
        next.commits(1);
        audience.finds(exactly(1));
    }
}
