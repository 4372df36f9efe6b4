//! A commit with a rollback journal, stopped and killed all along its way.

use super::audience::{At, Audience, decides, stopped, stopped_before_it_can_be_read};
use crate::stage::{INSERT, SAME, Session, exactly};
use honker_testkit::JournalMode::{self, Delete, Persist, Truncate};
use honker_testkit::TempDb;
use honker_testkit::truth::file_change_counter;

/// Modes whose journal is a file.
const JOURNALS: [JournalMode; 3] = [Delete, Truncate, Persist];

/// Before and after the commit point of each.
fn commit_point(mode: JournalMode) -> [At; 2] {
    match mode {
        Delete => [("journal-undeleted", 1), ("journal-deleted", 1)],
        Truncate => [("journal-untruncated", 1), ("journal-truncated", 1)],
        _ => [("journal-unzeroed", 1), ("journal-zeroed", 1)],
    }
}

fn in_each_mode(at: At, kept: bool) {
    for mode in JOURNALS {
        stopped_before_it_can_be_read(mode, INSERT, at, kept);
    }
}

#[test]
fn a_journal_that_has_only_begun_is_no_commit() {
    in_each_mode(("journal-begun", 1), false);
}

/// Without syncing, the journal of the next transaction has its magic at once, and looks as if it were hot.
#[test]
fn a_commit_is_found_although_the_next_transaction_has_begun() {
    for mode in JOURNALS {
        let db = TempDb::new(mode);
        let mut session = Session::instrumented_in(&db, mode);
        session.sql("PRAGMA synchronous=OFF");
        let mut audience = Audience::start(&db, mode);
        session.commits(1).stop(INSERT, ("journal-begun", 1));
        audience.finds(exactly(1));
        session.thaw();
        audience.finds(exactly(1));
    }
}

#[test]
fn a_journal_without_its_header_is_no_commit() {
    in_each_mode(("journal-without-header", 1), false);
}

#[test]
fn a_synced_journal_is_no_commit() {
    in_each_mode(("journal-synced", 1), false);
}

#[test]
fn a_change_counter_that_is_about_to_be_written_is_no_commit() {
    in_each_mode(("counter-unwritten", 1), false);
}

/// The counter has moved, and the commit point is still to come.
#[test]
fn a_change_counter_that_was_written_is_no_commit() {
    for mode in JOURNALS {
        let (db, session, mut audience) = stopped(mode, INSERT, ("counter-unwritten", 1));
        let before = file_change_counter(db.path());
        session.kill();
        audience.is_silent();
        let (db, mut session, mut audience) = stopped(mode, INSERT, ("page-written", 1));
        let now = file_change_counter(db.path());
        assert_eq!(now, before.map(|before| before + 1), "{mode}");
        audience.stays_busy();
        session.thaw();
        audience.finds(exactly(1));
        stopped_before_it_can_be_read(mode, INSERT, ("page-written", 1), false);
    }
}

#[test]
fn pages_that_are_all_written_are_no_commit() {
    in_each_mode(("page-written", 2), false);
    in_each_mode(("database-unsynced", 1), false);
    in_each_mode(("database-synced", 1), false);
}

#[test]
fn just_before_the_commit_point_it_is_no_commit() {
    for mode in JOURNALS {
        stopped_before_it_can_be_read(mode, INSERT, commit_point(mode)[0], false);
    }
}

/// Committed, and the lock still keeps readers out: no wake, until the writer goes on or dies.
#[test]
fn just_after_the_commit_point_it_is_a_commit_that_waits_for_its_lock() {
    for mode in JOURNALS {
        stopped_before_it_can_be_read(mode, INSERT, commit_point(mode)[1], true);
    }
    in_each_mode(("database-locked", 1), true);
}

/// The lock is gone and `COMMIT` has not returned: everybody wakes without waiting for the writer.
#[test]
fn a_commit_that_can_be_read_wakes_although_its_writer_is_stopped() {
    for mode in JOURNALS {
        let (_db, mut session, mut audience) = stopped(mode, INSERT, ("database-unlocked", 1));
        audience.finds(exactly(1));
        session.thaw();
        audience.finds(SAME);

        let (db, session, mut audience) = stopped(mode, INSERT, ("database-unlocked", 1));
        audience.finds(exactly(1));
        session.kill();
        audience.finds(SAME);
        decides(&db, &mut audience, 3, 0);
    }
}
