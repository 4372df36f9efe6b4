//! Rollback wake counts: in rollback modes each commit is one wake, and what is rolled back is none.

use crate::watching::Watched;
use crate::{INSERT, every_backend};
use honker_testkit::{JournalMode, Synchronous, TempDb, Writer, count};

#[test]
fn rollback_wake_counts_are_one_a_commit_with_every_backend() {
    for mode in JournalMode::ROLLBACK {
        for backend in every_backend(mode) {
            let db = TempDb::new(mode);
            let mut watched = Watched::open(db.path(), backend);
            let mut writer = Writer::spawn();
            let conn = writer.open_in(db.path(), mode, Synchronous::Normal);
            for _ in 0..count(20, 500) {
                writer.exec(conn, INSERT).expect("a commit");
                let told = watched.accounts_for(1, &format!("{mode}, {backend}"));
                assert_eq!((told.wakes, told.commits), (1, 1), "{mode}, {backend}");
            }
        }
    }
}

#[test]
fn what_is_rolled_back_wakes_nobody_with_any_backend() {
    // Without a journal nothing can be rolled back.
    for mode in JournalMode::ALL
        .into_iter()
        .filter(|mode| *mode != JournalMode::Off)
    {
        for backend in every_backend(mode) {
            let about = format!("{mode}, {backend}");
            let db = TempDb::new(mode);
            let mut watched = Watched::open(db.path(), backend);
            let mut writer = Writer::spawn();
            let conn = writer.open_in(db.path(), mode, Synchronous::Normal);
            for _ in 0..count(5, 100) {
                for sql in ["BEGIN", INSERT, "ROLLBACK"] {
                    writer.exec(conn, sql).expect("SQL");
                }
                watched.accounts_for(0, &about);
            }
            // Still seen after all that.
            writer.exec(conn, INSERT).expect("a commit");
            watched.accounts_for(1, &about);
        }
    }
}

#[test]
fn a_hot_journal_that_is_played_back_wakes_nobody_with_any_backend() {
    for mode in [
        JournalMode::Delete,
        JournalMode::Truncate,
        JournalMode::Persist,
    ] {
        for backend in every_backend(mode) {
            let about = format!("{mode}, {backend}");
            let db = TempDb::new(mode);
            let mut watched = Watched::open(db.path(), backend);
            let mut writer = Writer::spawn();
            let conn = writer.open_in(db.path(), mode, Synchronous::Normal);
            // So much that the cache spills into the database before the commit.
            writer
                .exec(conn, "PRAGMA cache_size=5; BEGIN")
                .expect("SQL");
            let spill =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
                         INSERT INTO t(n, body) SELECT i, randomblob(1000) FROM n";
            writer.exec(conn, spill).expect("SQL");
            writer.kill();
            // A reader plays it back.
            db.sql("SELECT count(*) FROM t");
            watched.accounts_for(0, &about);
            db.sql(INSERT);
            watched.accounts_for(1, &about);
        }
    }
}
