//! Logs whose wal-index died with its session, or does not speak for them.

use crate::stage::{BUSY, INSERT, Point, SAME, Session, Watch, exactly, inexact};
use honker_core::Conservative::{LogNotFollowed, UnseenSession};
use honker_testkit::JournalMode::Wal;
use honker_testkit::{Open, TempDb, Writer};
use std::fs::File;

/// `iChange` starts over at 0 with a recovery, so it says the same as before; the checksum of the last commit does not.
#[test]
fn recovery_and_as_many_commits_as_before() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(3);
    watch.finds(exactly(3));
    first.kill();
    let mut second = Session::open(&db);
    second.commits(3);
    // Counted by the commit marks in the log, which went on where it was.
    watch.finds(exactly(3));
}

/// The same, and then the log is emptied: its frames can't be counted any more.
#[test]
fn recovery_and_as_many_commits_as_before_and_a_truncated_log() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(3);
    watch.finds(exactly(3));
    first.kill();
    let mut second = Session::open(&db);
    second.commits(3).sql("PRAGMA wal_checkpoint(TRUNCATE)");
    watch.finds(inexact(LogNotFollowed));
    second.commits(1);
    watch.finds(exactly(1));
}

/// More commits than before: what `iChange` moved by (1) is too few.
#[test]
fn recovery_and_more_commits_than_before() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    // Started beforehand, so that little time passes between the two looks.
    let mut second = Writer::spawn();
    let conn = second.try_open(db.path(), Open::default()).expect("opens");
    let mut watch = Watch::start(&db);
    first.commits(3);
    watch.finds(exactly(3));
    first.writer.kill();
    second.exec(conn, &[INSERT; 4].join(";")).expect("commits");
    watch.finds(exactly(4));
}

/// What was committed before the log began anew is in no frame any more, and `iChange` agrees with those that are left: only
/// the `-shm` that was cut tells of the recovery in between.
#[test]
fn a_commit_that_was_truncated_away_before_a_recovery_and_one_after_it() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    watch.finds(exactly(1));
    first.kill();
    let mut second = Session::open(&db);
    second.read();
    // It has recovered the log, and `iChange` is 0.
    watch.finds(SAME);
    second.commits(1).sql("PRAGMA wal_checkpoint(TRUNCATE)");
    second.kill();
    let mut third = Session::open(&db);
    third.commits(1);
    watch.finds(inexact(LogNotFollowed));
}

/// The same without a recovery: nothing was cut, and both are counted.
#[test]
fn a_commit_that_was_truncated_away_and_one_after_it() {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.commits(1);
    watch.finds(exactly(1));
    session.sql("PRAGMA wal_checkpoint(TRUNCATE)").commits(1);
    watch.finds(exactly(1));
}

/// A session in `locking_mode=EXCLUSIVE` keeps its wal-index in its own memory: there never is a `-shm`.
#[test]
fn an_exclusive_session_commits_and_is_killed() {
    let db = TempDb::new(Wal);
    let mut watch = Watch::start(&db);
    let mut session = Session::open(&db);
    session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(2);
    assert!(!db.shm().exists());
    assert_eq!(watch.once(), BUSY, "readers get SQLITE_BUSY");
    session.kill();
    // The session was not followed, so the commits in its log may not be all it made.
    watch.finds(inexact(LogNotFollowed));
}

/// The `-shm` that was left behind says nothing of what the next session appended to the log.
#[test]
fn a_stale_wal_index_is_left_by_no_ckpt_on_close() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    first.writer.no_ckpt_on_close(first.conn, true);
    let mut watch = Watch::start(&db);
    first.commits(1);
    watch.finds(exactly(1));
    first.close();
    assert!(db.shm().exists() && db.wal().exists());
    watch.finds(SAME);

    let mut second = Session::open(&db);
    second.writer.no_ckpt_on_close(second.conn, true);
    second.sql("PRAGMA locking_mode=EXCLUSIVE").commits(2);
    assert_eq!(watch.once(), BUSY);
    second.close();
    assert!(db.shm().exists());
    // They stand in the same log, behind the commit that was seen.
    watch.finds(exactly(2));
}

/// The same, and the stale `-shm` is the one that was followed.
#[test]
fn commits_before_a_close_without_checkpoint_are_found() {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    session.writer.no_ckpt_on_close(session.conn, true);
    session.commits(1);
    let mut watch = Watch::start(&db);
    session.commits(2);
    session.close();
    watch.finds(exactly(2));
}

/// A connection that finds itself alone cuts `-shm` to 3 bytes before it recovers the log. Stopped and killed there.
#[test]
fn killed_just_after_the_wal_index_was_cut_to_3_bytes() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    first.commits(1);
    let mut watch = Watch::start(&db);
    first.commits(2);
    first.kill();
    let mut second = Session::open(&db);
    let shm = db.shm();
    second.freeze("SELECT * FROM t", &Point::first("ftruncate").on(&shm));
    assert_eq!(shm.metadata().expect("exists").len(), 3);
    watch.finds(exactly(2));
    second.kill();
    watch.finds(SAME);
    let mut third = Session::open(&db);
    third.commits(1);
    watch.finds(exactly(1));
}

/// Of a log that was empty at the last look, nobody can tell whether this was its first generation.
#[test]
fn the_first_commits_of_a_log_whose_session_was_killed() {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    session.commits(2);
    session.kill();
    watch.finds(inexact(LogNotFollowed));
}

/// The same seen only afterwards, and cut by whatever else: nobody is connected.
#[test]
fn a_wal_index_of_3_bytes_is_not_the_end_of_the_log() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    first.commits(1);
    let mut watch = Watch::start(&db);
    first.commits(4);
    first.kill();
    let shm = File::options().write(true).open(db.shm()).expect("a -shm");
    shm.set_len(3).expect("cut");
    watch.finds(exactly(4));
}

/// Killed in the middle of a commit whose frames were all written: recovery makes it a commit.
#[test]
fn a_commit_whose_writer_died_before_publishing_it_counts_once_the_log_has_it() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut watch = Watch::start(&db);
    first.commits(1);
    watch.finds(exactly(1));
    // The header of the frame and then its page, which is the commit mark's other half.
    let wal = db.wal();
    first.freeze(INSERT, &Point::write(&wal).nth(2));
    assert_eq!(watch.once(), SAME, "not published: no reader sees it");
    first.kill();
    watch.finds(exactly(1));
    let mut second = Session::open(&db);
    assert_eq!(second.read(), 3);
    watch.finds(SAME);
}

/// A log that a session nobody saw left behind is checkpointed by another nobody saw: nothing is left to count.
#[test]
fn a_left_log_that_was_checkpointed_unseen() {
    let db = TempDb::new(Wal);
    let mut watch = Watch::start(&db);
    let mut first = Session::open(&db);
    first.commits(1);
    first.kill();
    Session::open(&db).sql("SELECT * FROM t");
    let mut second = Session::open(&db);
    second.read();
    second.close();
    assert!(!db.wal().exists());
    watch.finds(inexact(UnseenSession));
}
