//! A switch of the journal mode between rollback and WAL, stopped and killed all along its way.

use super::audience::{At, Audience};
use crate::stage::{BUSY, SAME, Session, Watch, exactly, inexact};
use honker_core::Conservative::ModeSwitch;
use honker_core::testing::Look;
use honker_testkit::JournalMode::{self, Delete, Persist, Truncate, Wal};
use honker_testkit::TempDb;

/// Stopped in the switch. Whoever has `shm` watches WAL only, and would end with it.
fn switching(from: JournalMode, to: JournalMode, at: At) -> (TempDb, Session, Audience) {
    println!("{from} to {to} {at:?}");
    let db = TempDb::new(from);
    let mut session = Session::instrumented_in(&db, from);
    let mut audience = Audience::start(&db, Delete);
    session.commits(1);
    audience.finds(exactly(1));
    session.stop(&to.pragma(), at);
    (db, session, audience)
}

fn to_wal(at: At, kept: bool) {
    for mode in [Delete, Truncate, Persist] {
        let (_db, mut session, mut audience) = switching(mode, Wal, at);
        audience.is_silent();
        session.thaw();
        audience.finds(inexact(ModeSwitch));
        session.commits(2);
        audience.finds(exactly(2));

        let (db, session, mut audience) = switching(mode, Wal, at);
        audience.is_silent();
        session.kill();
        if kept {
            audience.finds(inexact(ModeSwitch));
        } else {
            audience.is_silent();
        }
        let mut next = Session::open(&db);
        assert_eq!(next.read(), 2);
        audience.finds(SAME);
        next.commits(1);
        audience.finds(exactly(1));
    }
}

#[test]
fn a_switch_to_wal_that_is_written_is_not_committed() {
    to_wal(("counter-unwritten", 1), false);
    to_wal(("page-written", 1), false);
    to_wal(("database-synced", 1), false);
}

#[test]
fn a_switch_to_wal_that_is_committed_waits_for_its_lock() {
    to_wal(("database-locked", 1), true);
}

#[test]
fn a_switch_to_wal_is_a_commit_when_it_can_be_read() {
    let (_db, mut session, mut audience) = switching(Delete, Wal, ("database-unlocked", 1));
    audience.finds(inexact(ModeSwitch));
    session.thaw();
    audience.finds(SAME);
}

/// Until its page 1 is committed the database is one in WAL, with a log or without.
fn from_wal(at: At) {
    let (_db, mut session, mut audience) = switching(Wal, Delete, at);
    audience.is_silent();
    session.thaw();
    audience.finds(inexact(ModeSwitch));
    session.commits(2);
    audience.finds(exactly(2));
}

#[test]
fn a_switch_from_wal_that_closes_its_log_is_not_committed() {
    from_wal(("close-unchecked", 1));
    from_wal(("close-checkpointed", 1));
    from_wal(("index-unlinked", 1));
    from_wal(("log-deleted", 1));
    from_wal(("log-closed-for-good", 1));
}

#[test]
fn a_switch_from_wal_that_is_written_is_not_committed() {
    from_wal(("page-written", 1));
    from_wal(("journal-undeleted", 1));
}

#[test]
fn a_switch_from_wal_that_is_committed_waits_for_its_lock() {
    from_wal(("journal-deleted", 1));
}

/// Killed before its commit point, the database is still one in WAL, and as it was.
#[test]
fn a_switch_from_wal_that_is_killed_while_it_closes_its_log() {
    for at in [
        ("close-unchecked", 1),
        ("close-checkpointed", 1),
        ("index-unlinked", 1),
        ("log-deleted", 1),
        ("log-closed-for-good", 1),
    ] {
        let (db, session, mut audience) = switching(Wal, Delete, at);
        audience.is_silent();
        session.kill();
        audience.finds(SAME);
        let mut next = Session::open(&db);
        assert_eq!(next.read(), 2);
        audience.finds(SAME);
        next.commits(1);
        audience.finds(exactly(1));
    }
}

/// After it, it is one with a rollback journal.
#[test]
fn a_switch_from_wal_that_is_killed_just_after_its_commit_point() {
    let (db, session, mut audience) = switching(Wal, Delete, ("journal-deleted", 1));
    audience.is_silent();
    session.kill();
    audience.finds(inexact(ModeSwitch));
    let mut next = Session::open(&db);
    assert_eq!(next.read(), 2);
    audience.finds(SAME);
    next.commits(1);
    audience.finds(exactly(1));
}

/// In between its page 1 is that of the new mode, and its journal hot: what the next reader puts back looks like the
/// trace of a session that nobody saw. At most one wake, and it says so.
#[test]
fn a_switch_from_wal_that_is_killed_before_its_commit_point_wakes_once_at_most() {
    for at in [("page-written", 1), ("journal-undeleted", 1)] {
        let db = TempDb::new(Wal);
        let mut session = Session::instrumented_in(&db, Wal);
        let mut watch = Watch::start(&db);
        session.commits(1);
        watch.finds(exactly(1));
        session.stop(&Delete.pragma(), at);
        watch.stays_busy();
        session.kill();
        assert_eq!(watch.once(), BUSY);
        let mut next = Session::open(&db);
        assert_eq!(next.read(), 2);
        let look = watch.look();
        let is_allowed = matches!(
            look,
            Look::Same
                | Look::Commits {
                    inexact: Some(_),
                    ..
                }
        );
        assert!(is_allowed, "{look:?}");
        watch.finds(SAME);
        next.commits(1);
        watch.finds(exactly(1));
    }
}
