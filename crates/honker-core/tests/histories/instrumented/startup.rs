//! Watchers that start while a writer is stopped at a point, or after it was killed there.

use super::audience::{At, Audience};
use crate::stage::{INSERT, Session, TWO_PAGES, exactly};
use honker_testkit::JournalMode::{self, Delete, Persist, Truncate, Wal};
use honker_testkit::TempDb;
use honker_testkit::truth::file_change_counter;

fn stopped(mode: JournalMode, sql: &str, at: At) -> (TempDb, Session) {
    println!("{mode} {at:?}");
    let db = TempDb::new(mode);
    let mut session = Session::instrumented_in(&db, mode);
    session.commits(1).stop(sql, at);
    (db, session)
}

/// Whatever of it is written already, the commit came after the start.
#[test]
fn a_commit_is_under_way_at_the_start() {
    for mode in [Delete, Truncate, Persist] {
        for at in [
            ("journal-synced", 1),
            ("page-written", 1),
            ("database-synced", 1),
            ("database-locked", 1),
        ] {
            let (db, mut session) = stopped(mode, INSERT, at);
            let mut audience = Audience::start_in_the_middle(&db, mode);
            audience.is_silent();
            session.thaw();
            audience.finds_some();
            session.commits(1);
            audience.finds(exactly(1));
        }
    }
}

#[test]
fn a_commit_to_the_log_is_under_way_at_the_start() {
    for at in [
        ("frame-written", 2),
        ("header-unpublished", 1),
        ("header-half-published", 1),
    ] {
        let (db, mut session) = stopped(Wal, TWO_PAGES, at);
        let mut audience = Audience::start_in_the_middle(&db, Wal);
        audience.is_silent();
        session.thaw();
        audience.finds_some();
        session.commits(1);
        audience.finds(exactly(1));
    }
}

/// A hot journal at the start, rolled back, and a commit that brings the counter to the very same value. Its rollback is
/// stopped on its way.
#[test]
fn a_hot_journal_at_the_start_is_rolled_back_before_a_commit_to_the_same_counter() {
    for mode in [Delete, Truncate, Persist] {
        for at in [("page-restored", 1), ("database-locked", 1)] {
            let (db, session) = stopped(mode, INSERT, ("page-written", 2));
            session.kill();
            let counter = file_change_counter(db.path());
            let mut audience = Audience::start_in_the_middle(&db, mode);
            audience.stays_busy();
            let mut next = Session::instrumented(&db);
            next.stop(INSERT, at);
            audience.stays_busy();
            next.thaw();
            assert_eq!(file_change_counter(db.path()), counter);
            audience.finds_some();
            next.commits(1);
            audience.finds(exactly(1));
        }
    }
}

/// A session in `locking_mode=EXCLUSIVE` commits without moving the counter.
#[test]
fn an_exclusive_session_is_in_a_commit_at_the_start() {
    for mode in [Delete, Truncate, Persist] {
        let db = TempDb::new(mode);
        let mut session = Session::instrumented_in(&db, mode);
        session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
        session.stop(INSERT, ("database-synced", 1));
        let mut audience = Audience::start_in_the_middle(&db, mode);
        audience.stays_busy();
        session.thaw();
        audience.stays_busy();
        session.close();
        audience.finds_some();
    }
}
