//! Rollback journals whose presence says less than it seems.

use crate::stage::{BUSY, INSERT, Point, SAME, Session, Watch, exactly, inexact};
use honker_core::Conservative::{LockKept, StartedDuringWrite};
use honker_testkit::JournalMode::{Delete, Persist, Truncate};
use honker_testkit::truth::file_change_counter;
use honker_testkit::{JournalMode, TempDb};
use std::path::Path;

/// Without syncing, a journal has its magic from its first byte on; this one belongs to the *next* transaction, which
/// has not touched the database.
#[test]
fn with_synchronous_off_the_next_transaction_is_left_open() {
    for mode in [Delete, Truncate, Persist] {
        let db = TempDb::new(mode);
        let mut session = Session::open_in(&db, mode);
        session.sql("PRAGMA synchronous=OFF");
        let mut watch = Watch::start(&db);
        session.sql(&format!("{INSERT}; BEGIN; {INSERT}"));
        let journal = std::fs::read(db.journal()).expect("a journal");
        assert_eq!(journal[..4], [0xd9, 0xd5, 0x05, 0xf9], "{mode}");
        watch.finds(exactly(1));
        session.sql("COMMIT");
        watch.finds(exactly(1));
    }
}

/// Two files, one transaction, frozen after that `unlink`, of which the first is the super-journal's.
fn over_two_files(unlinks: u32) -> (TempDb, TempDb, Session, [Watch; 2]) {
    let (db, other) = (TempDb::new(Delete), TempDb::new(Delete));
    let mut session = Session::open_in(&db, Delete);
    let attach = format!("ATTACH '{}' AS other", other.path().display());
    session.sql(&attach);
    let watches = [Watch::start(&db), Watch::start(&other)];
    let sql = format!("BEGIN; {INSERT}; INSERT INTO other.t(n) VALUES (1); COMMIT");
    session.freeze(&sql, &Point::first("unlink").nth(unlinks));
    (db, other, session, watches)
}

fn has_super_journal(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).expect("a directory");
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().contains("-mj"))
}

/// The transaction committed when its super-journal went, and the journals that name it will not be played back.
#[test]
fn the_super_journal_is_gone_and_its_writer_killed() {
    let (db, other, session, mut watches) = over_two_files(1);
    assert!(!has_super_journal(db.dir()));
    assert!(db.journal().exists() && other.journal().exists());
    for watch in &mut watches {
        assert_eq!(watch.once(), BUSY, "its locks keep readers out");
    }
    session.kill();
    for watch in &mut watches {
        watch.finds(exactly(1));
    }
    for db in [&db, &other] {
        assert_eq!(Session::open(db).read(), 2);
    }
    for watch in &mut watches {
        watch.finds(SAME);
    }
}

/// The same, one journal later.
#[test]
fn the_super_journal_and_one_journal_are_gone_and_their_writer_killed() {
    let (db, other, session, mut watches) = over_two_files(2);
    assert!(!db.journal().exists() && other.journal().exists());
    session.kill();
    for watch in &mut watches {
        watch.finds(exactly(1));
    }
}

/// A hot journal when the watcher starts: the counter in the file is of a transaction that did not commit. Rolled back,
/// it goes back by one, and the next commit brings it to the very same value.
#[test]
fn a_hot_journal_at_the_start_is_rolled_back_before_a_commit_to_the_same_counter() {
    for mode in [Delete, Truncate, Persist] {
        let db = TempDb::new(mode);
        let mut session = Session::open_in(&db, mode);
        let database = db.path().to_owned();
        session.freeze(INSERT, &Point::write(&database));
        session.kill();
        let counter = file_change_counter(db.path());
        let mut watch = Watch::start_in_the_middle(&db);
        assert!(!watch.is_settled());
        watch.stays_busy();
        Session::open(&db).commits(1);
        assert_eq!(file_change_counter(db.path()), counter);
        watch.finds(inexact(StartedDuringWrite));
    }
}

/// Only the first commit of an exclusive session moves the counter: one that runs when the watcher starts can commit
/// without moving it at all.
#[test]
fn an_exclusive_session_is_running_at_the_start() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let mut session = Session::open_in(&db, mode);
        session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
        let counter = file_change_counter(db.path());
        let mut watch = Watch::start_in_the_middle(&db);
        watch.stays_busy();
        session.commits(2);
        assert_eq!(file_change_counter(db.path()), counter);
        watch.stays_busy();
        session.close();
        watch.finds(inexact(StartedDuringWrite));
    }
}

/// It holds the log, too.
#[test]
fn an_exclusive_session_of_a_log_is_running_at_the_start() {
    let db = TempDb::new(JournalMode::Wal);
    let mut session = Session::open(&db);
    session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
    let mut watch = Watch::start_in_the_middle(&db);
    watch.stays_busy();
    session.commits(2);
    session.kill();
    watch.finds(inexact(StartedDuringWrite));
}

/// A commit writes this often to its journal, if it changes two pages: the header; number, content and checksum of each
/// page; the magic; and where the journal is kept, zeros over it.
const JOURNAL_WRITES: u32 = 9;

/// Killed between its commit point and giving back its locks.
#[test]
fn killed_just_after_the_commit_point() {
    let points = [
        (Delete, "unlink", 1),
        (Truncate, "ftruncate", 1),
        (Persist, "pwrite64", JOURNAL_WRITES),
    ];
    for (mode, call, nth) in points {
        let db = TempDb::new(mode);
        let journal = db.journal();
        let mut session = Session::open_in(&db, mode);
        session.commits(1);
        let mut watch = Watch::start(&db);
        session.freeze(INSERT, &Point::first(call).on(&journal).nth(nth));
        assert_eq!(watch.once(), BUSY, "{mode}: its lock keeps readers out");
        session.kill();
        watch.finds(exactly(1));
        assert_eq!(Session::open(&db).read(), 3);
        watch.finds(SAME);
    }
}

/// A writer that is always at work is almost always seen while it holds its lock: of a counter that moved by 3, two
/// commits are certain.
#[test]
fn a_saturated_writer_does_not_starve_its_watchers() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let database = db.path().to_owned();
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.commits(2);
        session.freeze(INSERT, &Point::first("fsync").on(&database));
        assert_eq!(watch.once(), exactly(2), "{mode}");
        assert_eq!(watch.once(), BUSY, "{mode}");
        session.thaw();
        watch.finds(exactly(1));
    }
}

/// The last of them was killed, and nobody comes to roll it back: the two before are committed all the same.
#[test]
fn commits_before_one_that_was_killed() {
    for mode in [Delete, Truncate, Persist] {
        let db = TempDb::new(mode);
        let database = db.path().to_owned();
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.commits(2);
        session.freeze(INSERT, &Point::write(&database));
        session.kill();
        assert_eq!(watch.once(), exactly(2), "{mode}");
        watch.stays_busy();
        assert_eq!(Session::open(&db).read(), 3);
        watch.finds(SAME);
    }
}

/// `locking_mode=EXCLUSIVE` counts only its first commit. Seen is that the database is written again under its lock.
#[test]
fn an_exclusive_session_wakes_when_it_ends() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(1);
        watch.stays_busy();
        session.commits(2);
        session.close();
        watch.finds(inexact(LockKept));
    }
}

/// Nor is it written again if all commits came before the first look; but the lock is kept.
#[test]
fn an_exclusive_session_that_idles_wakes_when_it_ends() {
    for mode in JournalMode::ROLLBACK {
        let db = TempDb::new(mode);
        let mut session = Session::open_in(&db, mode);
        let mut watch = Watch::start(&db);
        session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(3);
        watch.stays_busy();
        watch.later();
        watch.stays_busy();
        session.close();
        watch.finds(inexact(LockKept));
    }
}

/// A journal without its database's header: nothing was there before the transaction, so nothing is played back.
#[test]
fn the_first_commit_of_an_empty_file_beside_a_dead_journal() {
    let db = TempDb::absent();
    let create = "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, body)";
    let database = db.path().to_owned();
    std::fs::File::create(&database).expect("an empty database");
    let mut watch = Watch::start(&db);
    let mut session = Session::open(&db);
    // Synced: the journal has its magic, and the database has not been touched.
    session.freeze(create, &Point::first("pwrite64").on(&db.journal()).nth(2));
    session.kill();
    watch.finds(SAME);
    // One that starts now finds a baseline, too.
    let mut late = Watch::start(&db);
    Session::open(&db).sql(create);
    watch.finds(exactly(1));
    late.finds(exactly(1));
}

/// Nobody comes after it to play its journal back, and its earlier commits are certain all the same.
#[test]
fn an_exclusive_session_is_killed_in_a_transaction_after_its_commits() {
    for mode in [Delete, Truncate, Persist] {
        let db = TempDb::new(mode);
        let mut watch = Watch::start(&db);
        let mut session = Session::open_in(&db, mode);
        session.sql("PRAGMA locking_mode=EXCLUSIVE").commits(5);
        assert_eq!(watch.once(), BUSY);
        assert_eq!(watch.once(), BUSY);
        session.sql("PRAGMA cache_size=5; BEGIN");
        session.sql("INSERT INTO t(body) VALUES (randomblob(1000000))");
        session.kill();
        watch.finds(inexact(LockKept));
        Session::open(&db).read();
        watch.finds(SAME);
    }
}
