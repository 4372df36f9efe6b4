//! Where a watcher starts: what was there before never wakes, and what comes after always does.

use crate::stage::{BUSY, INSERT, Point, SAME, Session, Watch, exactly, inexact};
use honker_core::Conservative::{StartedDuringWrite, UnseenSession};
use honker_testkit::JournalMode::{self, Delete, Persist, Truncate, Wal};
use honker_testkit::TempDb;

#[test]
fn a_quiet_database_is_a_baseline_at_once() {
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let mut watch = Watch::start(&db);
        watch.finds(SAME);
        let mut session = Session::open_in(&db, mode);
        session.commits(2);
        watch.finds(exactly(2));
    }
}

/// A journal that is there while nobody will play it back: PERSIST keeps it zeroed, TRUNCATE cut.
#[test]
fn a_cold_journal_is_no_obstacle() {
    for mode in [Truncate, Persist] {
        let db = TempDb::new(mode);
        let mut session = Session::open_in(&db, mode);
        session.commits(1);
        assert!(db.journal().exists());
        let mut watch = Watch::start(&db);
        session.commits(1);
        watch.finds(exactly(1));
        session.close();
        watch.finds(SAME);
    }
}

/// RESERVED: its journal exists, and the database is as its last commit left it.
#[test]
fn an_open_transaction_is_no_obstacle() {
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let mut session = Session::open_in(&db, mode);
        session.sql("PRAGMA synchronous=OFF");
        session.sql(&format!("BEGIN; {INSERT}"));
        let mut watch = Watch::start(&db);
        session.sql("COMMIT");
        watch.finds(exactly(1));
    }
}

/// The commit that is under way at the start came after it: it could not be read before.
#[test]
fn a_commit_is_under_way_at_the_start() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let database = db.path().to_owned();
        let mut session = Session::open_in(&db, mode);
        session.freeze(INSERT, &Point::write(&database));
        let mut watch = Watch::start_in_the_middle(&db);
        assert!(!watch.is_settled());
        watch.stays_busy();
        session.thaw();
        watch.finds(inexact(StartedDuringWrite));
        session.commits(1);
        watch.finds(exactly(1));
    }
}

/// Every page was written before the start, so nothing in the file tells the commit from what was there: neither its
/// counter nor its size or times.
#[test]
fn a_commit_is_under_way_at_the_start_and_has_only_its_commit_point_left() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let database = db.path().to_owned();
        let mut session = Session::open_in(&db, mode);
        session.freeze(INSERT, &Point::first("fsync").on(&database));
        let before = database.metadata().and_then(|file| file.modified());
        let mut watch = Watch::start_in_the_middle(&db);
        watch.stays_busy();
        session.thaw();
        let after = database.metadata().and_then(|file| file.modified());
        assert_eq!(before.expect("a time"), after.expect("a time"));
        watch.finds(inexact(StartedDuringWrite));
    }
}

/// A switch of the journal mode is.
#[test]
fn a_mode_switch_is_under_way_at_the_start() {
    for (before, after) in [(Delete, Wal), (Wal, Delete)] {
        let db = TempDb::new(before);
        let database = db.path().to_owned();
        let mut session = Session::open_in(&db, before);
        session.freeze(&after.pragma(), &Point::write(&database));
        let mut watch = Watch::start_in_the_middle(&db);
        watch.stays_busy();
        session.thaw();
        watch.finds(inexact(StartedDuringWrite));
        session.commits(1);
        watch.finds(exactly(1));
    }
}

/// A hot journal that nobody rolls back is not a commit however long it lies there.
#[test]
fn a_hot_journal_at_the_start_stays_busy() {
    let db = TempDb::new(Delete);
    let database = db.path().to_owned();
    let mut session = Session::open_in(&db, Delete);
    session.freeze(INSERT, &Point::write(&database));
    session.kill();
    let mut watch = Watch::start_in_the_middle(&db);
    watch.stays_busy();
    watch.later();
    watch.stays_busy();
    assert!(!watch.is_settled());
}

/// Commits in a log that a dead session left were there before.
#[test]
fn a_left_log_is_part_of_the_baseline() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    first.commits(3);
    first.kill();
    let mut watch = Watch::start(&db);
    let mut next = Session::open(&db);
    assert_eq!(next.read(), 4);
    watch.finds(SAME);
    next.commits(1);
    watch.finds(exactly(1));
}

/// The same, and the `-shm` that was left says less than the log.
#[test]
fn a_left_log_is_read_and_not_the_stale_wal_index_beside_it() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    first.writer.no_ckpt_on_close(first.conn, true);
    first.commits(1).close_connection();
    let mut second = Session::open(&db);
    second.writer.no_ckpt_on_close(second.conn, true);
    second
        .sql("PRAGMA locking_mode=EXCLUSIVE")
        .commits(1)
        .close_connection();
    let mut watch = Watch::start(&db);
    let mut next = Session::open(&db);
    next.read();
    watch.finds(SAME);
    next.commits(1);
    watch.finds(exactly(1));
}

#[test]
fn a_session_of_the_log_is_running_at_the_start() {
    let db = TempDb::new(Wal);
    let mut session = Session::open_in(&db, Wal);
    session.commits(2);
    let mut watch = Watch::start(&db);
    session.commits(2);
    watch.finds(exactly(2));
}

/// Its frames are in the log, and not its header in the wal-index: no reader sees it.
#[test]
fn a_commit_to_the_log_is_under_way_at_the_start() {
    let db = TempDb::new(Wal);
    let wal = db.wal();
    let mut session = Session::open_in(&db, Wal);
    session.commits(1);
    session.freeze(INSERT, &Point::write(&wal).nth(2));
    let mut watch = Watch::start(&db);
    session.thaw();
    watch.finds(exactly(1));
}

/// The 3 bytes that a connection leaves for a moment, or for good if it dies.
#[test]
fn a_wal_index_was_cut_to_3_bytes_at_the_start() {
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    first.commits(1);
    first.kill();
    let shm = db.shm();
    let mut second = Session::open(&db);
    second.freeze("SELECT * FROM t", &Point::first("ftruncate").on(&shm));
    let mut watch = Watch::start(&db);
    second.thaw();
    watch.finds(SAME);
    second.commits(1);
    watch.finds(exactly(1));
}

/// A database of 0 bytes is a database: its first commit is number 1.
#[test]
fn an_empty_file_is_a_baseline() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::absent();
        std::fs::File::create(db.path()).expect("an empty database");
        let mut watch = Watch::start(&db);
        let mut session = Session::open(&db);
        session
            .sql(&mode.pragma())
            .sql("CREATE TABLE t(id INTEGER PRIMARY KEY, n)");
        watch.finds(exactly(1));
        session.commits(2);
        watch.finds(exactly(2));
    }
}

/// It keeps its wal-index to itself and takes its log away: only the database's times tell of it.
#[test]
fn an_exclusive_session_that_checkpoints_at_its_close() {
    let db = TempDb::new(Wal);
    let mut watch = Watch::start(&db);
    let mut session = Session::open(&db);
    session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(2);
    assert_eq!(watch.once(), BUSY);
    session.close();
    watch.finds(inexact(UnseenSession));
}

/// A lock that is held, and nothing is done with it: from outside that looks like a commit which has written
/// everything but its end, to a journal in memory.
#[test]
fn a_lock_that_is_held_at_the_start_for_nothing_is_not_exact() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let mut session = Session::open_in(&db, mode);
        session.sql("BEGIN EXCLUSIVE");
        let mut watch = Watch::start_in_the_middle(&db);
        watch.stays_busy();
        session.sql("ROLLBACK");
        watch.finds(inexact(StartedDuringWrite));
        session.commits(1);
        watch.finds(exactly(1));
    }
}

/// So it does beside a hot journal: after the rollback the file is another one than at the start.
#[test]
fn a_rollback_of_what_was_under_way_at_the_start_is_not_exact() {
    let db = TempDb::new(Delete);
    let database = db.path().to_owned();
    let mut session = Session::open_in(&db, Delete);
    session.freeze(INSERT, &Point::write(&database));
    session.kill();
    let mut watch = Watch::start_in_the_middle(&db);
    watch.stays_busy();
    Session::open(&db).read();
    watch.finds(inexact(StartedDuringWrite));
}
