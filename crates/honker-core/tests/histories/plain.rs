//! What happens every day is counted exactly, and nothing else wakes.

use crate::stage::{INSERT, SAME, Session, Watch, exactly};
use honker_testkit::{JournalMode, TempDb};

/// More pages than the smallest cache holds: the transaction writes before it ends.
const SPILL: &str = "PRAGMA cache_size=1; BEGIN; PRAGMA user_version=7; \
    WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<200) \
    INSERT INTO t(n, body) SELECT i, zeroblob(3000) FROM c";

/// A watched database in each of the modes, with a connection that stays.
fn each(modes: &[JournalMode], history: impl Fn(&TempDb, Session, Watch)) {
    for mode in modes {
        let db = TempDb::new(*mode);
        let session = Session::open_in(&db, *mode);
        let watch = Watch::start(&db);
        println!("{mode}");
        history(&db, session, watch);
    }
}

#[test]
fn each_commit_is_counted_in_every_journal_mode() {
    each(&JournalMode::ALL, |_, mut session, mut watch| {
        assert_eq!(watch.look(), SAME);
        session.commits(1);
        watch.finds(exactly(1));
        session.commits(5);
        watch.finds(exactly(5));
        session.close();
        watch.finds(SAME);
    });
}

#[test]
fn a_spilled_transaction_is_one_commit() {
    each(&JournalMode::ALL, |_, mut session, mut watch| {
        session.sql(SPILL);
        session.sql("COMMIT");
        watch.finds(exactly(1));
    });
}

#[test]
fn a_rollback_spilled_or_not_is_none() {
    // OFF has no rollback.
    let modes = JournalMode::ALL.map(|mode| (mode != JournalMode::Off).then_some(mode));
    let modes: Vec<_> = modes.into_iter().flatten().collect();
    each(&modes, |_, mut session, mut watch| {
        session.sql(&format!("BEGIN; {INSERT}; ROLLBACK"));
        watch.finds(SAME);
        session.sql(SPILL);
        session.sql("ROLLBACK");
        watch.finds(SAME);
        session.commits(1);
        watch.finds(exactly(1));
    });
}

#[test]
fn vacuum_is_one_commit() {
    each(&JournalMode::ALL, |_, mut session, mut watch| {
        session.sql("VACUUM");
        watch.finds(exactly(1));
    });
}

#[test]
fn opening_reading_and_closing_is_none() {
    each(&JournalMode::ALL, |db, session, mut watch| {
        for _ in 0..3 {
            let mut other = Session::open(db);
            other.read();
            other.close();
            watch.finds(SAME);
        }
        session.close();
        watch.finds(SAME);
        let mut last = Session::open(db);
        last.read();
        watch.finds(SAME);
        last.close();
        watch.finds(SAME);
    });
}

#[test]
fn a_checkpoint_of_any_kind_is_none() {
    for kind in ["PASSIVE", "FULL", "RESTART", "TRUNCATE"] {
        each(&[JournalMode::Wal], |_, mut session, mut watch| {
            session.commits(3);
            watch.finds(exactly(3));
            session.sql(&format!("PRAGMA wal_checkpoint({kind})"));
            watch.finds(SAME);
            // The log starts over here, except after PASSIVE and FULL while nobody waits for it.
            session.commits(2);
            watch.finds(exactly(2));
        });
    }
}
