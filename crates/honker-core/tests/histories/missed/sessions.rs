//! Sessions that end between two looks: the last connection takes the log and its wal-index away.

use crate::stage::{INSERT, Point, SAME, Session, TWO_PAGES, Watch, dated_after, exactly, inexact};
use honker_core::Conservative::{LogNotFollowed, UnseenSession};
use honker_testkit::JournalMode::Wal;
use honker_testkit::TempDb;
use std::fs::{self, File};
use std::time::Duration;

#[test]
fn a_last_close_and_then_an_unseen_session() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    watch.finds(exactly(1));
    first.close();
    let mut second = Session::open(&db);
    second.commits(1);
    second.close();
    assert!(!db.shm().exists() && !db.wal().exists());
    // Only the database's times tell of it, and they don't count.
    watch.finds(inexact(UnseenSession));
}

/// The first session's last commits are still readable in the `-shm` that lost its name.
#[test]
fn the_final_commits_of_a_session_that_closed() {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.commits(3);
    session.close();
    watch.finds(exactly(3));
}

#[test]
fn final_commits_and_then_an_unseen_session() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    first.close();
    let mut second = Session::open(&db);
    second.commits(5);
    second.close();
    let honker_core::testing::Look::Commits { commits, inexact } = watch.look() else {
        panic!("missed");
    };
    assert_eq!(inexact, Some(UnseenSession));
    // The final one is certain; whether the session nobody saw made any is not.
    assert_eq!(commits, 1);
    assert_eq!(watch.look(), SAME);
}

/// A session whose commit was seen, and its `-shm`.
fn followed(commit: &str) -> (TempDb, Session, Watch, File) {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.sql(commit);
    watch.finds(exactly(1));
    let wal_index = File::open(db.shm()).expect("there is a session");
    (db, session, watch, wal_index)
}

/// Without a journal no file is created, and its commit falls into the clock tick in which the log went.
#[test]
fn a_switch_from_wal_a_commit_without_a_journal_file_and_a_switch_back() {
    for mode in ["MEMORY", "OFF"] {
        let (db, mut session, mut watch, wal_index) = followed(TWO_PAGES);
        session
            .sql(&format!("PRAGMA journal_mode={mode}"))
            .commits(1)
            .sql("PRAGMA journal_mode=WAL");
        assert!(!db.journal().exists());
        dated_after(&db, &wal_index, Duration::ZERO);
        watch.finds(inexact(UnseenSession));
    }
}

/// It goes on with the empty log of a session that was killed, and creates no file.
#[test]
fn a_session_that_is_killed_right_after_a_last_close_and_an_exclusive_one() {
    let (db, first, mut watch, wal_index) = followed(INSERT);
    first.close();
    let mut second = Session::open(&db);
    second.read();
    second.kill();
    let mut unseen = Session::open(&db);
    unseen.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
    unseen.close();
    dated_after(&db, &wal_index, Duration::ZERO);
    watch.finds(inexact(UnseenSession));
}

/// By something that is not SQLite, and with the change counter that it had.
#[test]
fn a_write_to_the_database_right_after_a_last_close() {
    let (db, session, mut watch, wal_index) = followed(TWO_PAGES);
    session.close();
    let content = fs::read(db.path()).expect("the database");
    fs::write(db.path(), content).expect("written");
    dated_after(&db, &wal_index, Duration::from_millis(1));
    watch.finds(inexact(UnseenSession));
}

/// The next session's `iChange` is 0, as if nothing had happened.
#[test]
fn one_session_commits_and_closes_and_the_next_opens() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    first.close();
    let mut second = Session::open_in(&db, Wal);
    watch.finds(exactly(1));
    second.commits(1);
    watch.finds(exactly(1));
}

#[test]
fn one_session_commits_and_closes_and_the_next_commits() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    watch.finds(exactly(1));
    first.close();
    let mut second = Session::open(&db);
    // As many as the first session made: the same iChange.
    second.commits(1);
    watch.finds(exactly(1));
}

/// Never followed: the log was idle when the watcher started.
#[test]
fn an_unseen_session_before_one_that_has_not_committed() {
    let db = TempDb::new(Wal);
    let mut watch = Watch::start(&db);
    let mut first = Session::open(&db);
    first.commits(1);
    first.close();
    let mut second = Session::open(&db);
    second.read();
    watch.finds(inexact(UnseenSession));
    second.commits(1);
    watch.finds(exactly(1));
}

#[test]
fn an_unseen_session_on_an_idle_database() {
    let db = TempDb::new(Wal);
    let mut watch = Watch::start(&db);
    let mut session = Session::open(&db);
    session.commits(4);
    session.close();
    watch.finds(inexact(UnseenSession));
}

const TRUNCATE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// What the database says was not written by the last close: it found the log empty, and had nothing to write.
#[test]
fn a_log_that_was_emptied_and_left_and_then_a_last_close_without_a_commit() {
    for dies in [true, false] {
        for seen in [0, 1] {
            let db = TempDb::new(Wal);
            let mut first = Session::open_in(&db, Wal);
            let mut watch = Watch::start(&db);
            first.commits(seen);
            watch.finds(if seen > 0 { exactly(1) } else { SAME });
            first.commits(1).sql(TRUNCATE);
            if dies {
                first.kill();
            } else {
                first.writer.no_ckpt_on_close(first.conn, true);
                first.close();
            }
            let mut second = Session::open(&db);
            second.read();
            second.close();
            watch.finds(inexact(UnseenSession));
        }
    }
}

/// Its final commits are not to be counted by the frames of the next session's log.
#[test]
fn final_commits_are_not_counted_in_the_log_of_the_next_session() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    watch.finds(exactly(1));
    watch.later();
    // One commit of two frames; where they were there will be two commits.
    first.sql(TWO_PAGES);
    first.close();
    let mut second = Session::open(&db);
    second.commits(5);
    let honker_core::testing::Look::Commits { commits, inexact } = watch.look() else {
        panic!("missed");
    };
    assert_eq!((commits, inexact), (6, None));
    assert_eq!(watch.look(), SAME);
}

/// Stopped where the name of the `-shm` is gone, and that of the log is not; killed there, the log stays.
#[test]
fn killed_while_it_closes() {
    let db = TempDb::new(Wal);
    let shm = db.shm();
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.commits(2);
    session.freeze_close(&Point::first("unlink").on(&shm));
    assert!(!shm.exists() && db.wal().exists());
    session.kill();
    watch.finds(exactly(2));
    let mut next = Session::open(&db);
    next.commits(1);
    watch.finds(exactly(1));
}

/// A connection that closes while another one opens is not the last, and leaves its log to that one, which finds itself
/// alone and recovers it: `iChange` starts over although nobody died.
fn hand_over(db: &TempDb, mut first: Session) {
    let mut second = Session::open(db);
    let shm = db.shm();
    second.freeze("SELECT * FROM t", &Point::first("openat").on(&shm));
    first.commits(2).close_connection();
    second.thaw().commits(2).close_connection();
    assert!(!db.shm().exists() && !db.wal().exists());
}

#[test]
fn a_followed_log_that_is_handed_over_is_counted_to_its_end() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    watch.finds(exactly(1));
    hand_over(&db, first);
    watch.finds(exactly(4));
}

#[test]
fn a_log_that_was_handed_over_before_it_was_followed_is_not_counted_short() {
    let db = TempDb::new(Wal);
    let first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    hand_over(&db, first);
    watch.finds(inexact(LogNotFollowed));
}

/// A session that began as this watching did, and that nobody saw again, is not in the count of the next.
#[test]
fn a_session_that_was_beginning_at_the_start_and_was_over_at_the_next_look() {
    let db = TempDb::new(Wal);
    let wal = db.wal();
    let mut first = Session::open(&db);
    first.freeze("SELECT * FROM t", &Point::first("openat").on(&wal));
    assert!(wal.exists() && !db.shm().exists());
    let mut watch = Watch::start(&db);
    first.thaw().commits(1).close_connection();
    let mut second = Session::open(&db);
    second.commits(1);
    watch.finds(inexact(LogNotFollowed));
}

/// In the clock tick of the last close before it. It is told at once: the session after it would recover an empty log, and then
/// nothing would tell.
#[test]
fn a_commit_of_a_session_that_emptied_its_log_and_was_killed_is_told_before_the_next_one_opens() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    watch.finds(exactly(1));
    let wal_index = File::open(db.shm()).expect("there is a session");
    first.close();
    let mut second = Session::open(&db);
    second.sql(INSERT).sql("PRAGMA wal_checkpoint(TRUNCATE)");
    dated_after(&db, &wal_index, Duration::ZERO);
    second.kill();
    assert_eq!(watch.once(), inexact(UnseenSession));
    Session::open(&db).read();
    watch.finds(SAME);
}
