//! A rollback, of a transaction of one's own or of a hot journal, stopped and killed all along its way.

use super::audience::{At, Audience, stopped};
use crate::stage::{INSERT, SAME, Session, exactly};
use honker_testkit::JournalMode::{self, Delete, Persist, Truncate};
use honker_testkit::TempDb;

const JOURNALS: [JournalMode; 3] = [Delete, Truncate, Persist];

/// More pages than the smallest cache holds: they are in the database, and so is the counter, before it ends.
const SPILLED: &str = "PRAGMA cache_size=1; BEGIN; PRAGMA user_version=7; \
    WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<50) \
    INSERT INTO t(n, body) SELECT i, zeroblob(3000) FROM c";

/// A hot journal, and somebody who is stopped while playing it back.
fn playing_back(mode: JournalMode, at: At) -> (TempDb, Session, Audience) {
    let (db, session, mut audience) = stopped(mode, INSERT, ("page-written", 2));
    session.kill();
    audience.stays_busy();
    let mut reader = Session::instrumented(&db);
    reader.stop("SELECT * FROM t", at);
    (db, reader, audience)
}

fn playback_is_no_commit(at: At) {
    for mode in JOURNALS {
        println!("{mode} {at:?}");
        let (db, mut reader, mut audience) = playing_back(mode, at);
        audience.is_silent();
        reader.thaw();
        audience.finds(SAME);
        Session::open(&db).commits(1);
        audience.finds(exactly(1));

        // Killed there, the journal is played back by the next, or is gone already.
        let (db, reader, mut audience) = playing_back(mode, at);
        audience.is_silent();
        reader.kill();
        audience.is_silent();
        let mut next = Session::open(&db);
        assert_eq!(next.read(), 2, "{mode} {at:?}");
        audience.finds(SAME);
        next.commits(1);
        audience.finds(exactly(1));
    }
}

#[test]
fn a_hot_journal_about_to_be_played_back_is_no_commit() {
    playback_is_no_commit(("page-unrestored", 1));
}

#[test]
fn a_hot_journal_played_back_in_part_is_no_commit() {
    playback_is_no_commit(("page-restored", 1));
}

#[test]
fn a_hot_journal_played_back_is_no_commit() {
    playback_is_no_commit(("page-restored", 2));
    playback_is_no_commit(("rollback-unfinished", 1));
}

/// Between the end of the journal and that of the lock.
#[test]
fn a_journal_that_went_in_a_rollback_is_no_commit() {
    playback_is_no_commit(("database-locked", 1));
    playback_is_no_commit(("database-unlocked", 1));
}

#[test]
fn a_spilled_transaction_that_is_being_rolled_back_is_no_commit() {
    for at in [("page-restored", 1), ("rollback-unfinished", 1)] {
        for mode in JOURNALS {
            let db = TempDb::new(mode);
            let mut session = Session::instrumented_in(&db, mode);
            let mut audience = Audience::start(&db, mode);
            session.sql(SPILLED);
            audience.is_silent();
            session.stop("ROLLBACK", at);
            audience.is_silent();
            session.thaw();
            audience.finds(SAME);
            session.commits(1);
            audience.finds(exactly(1));
        }
    }
}
