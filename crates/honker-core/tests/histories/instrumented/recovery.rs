//! Recovery of a log, stopped and killed all along its way.

use super::audience::{At, Audience};
use crate::stage::{INSERT, SAME, Session, Watch, exactly};
use honker_testkit::JournalMode::Wal;
use honker_testkit::TempDb;

const POINTS: [At; 4] = [
    ("log-recovered", 1),
    ("header-unpublished", 1),
    ("header-half-published", 1),
    ("header-published", 1),
];

/// A log that a killed session left, and the next one stopped while it recovers.
fn recovering(at: At, commits: u32) -> (TempDb, Session, Audience) {
    println!("{at:?}");
    let db = TempDb::new(Wal);
    let mut first = Session::open_in(&db, Wal);
    let mut audience = Audience::start(&db, Wal);
    first.commits(commits);
    audience.finds_commits(commits.into());
    first.kill();
    audience.finds(SAME);
    let mut second = Session::instrumented(&db);
    second.stop("SELECT * FROM t", at);
    (db, second, audience)
}

#[test]
fn recovery_is_no_commit_wherever_it_is() {
    for at in POINTS {
        let (_db, mut second, mut audience) = recovering(at, 2);
        audience.is_silent();
        second.thaw();
        audience.finds(SAME);
        second.commits(1);
        audience.finds(exactly(1));
    }
}

#[test]
fn recovery_that_is_killed_is_no_commit() {
    for at in POINTS {
        let (db, second, mut audience) = recovering(at, 2);
        audience.is_silent();
        second.kill();
        audience.finds(SAME);
        let mut third = Session::open(&db);
        assert_eq!(third.read(), 3);
        audience.finds(SAME);
        third.commits(1);
        audience.finds(exactly(1));
    }
}

#[test]
fn recovery_of_an_empty_log_is_no_commit() {
    for at in POINTS {
        let (_db, mut second, mut audience) = recovering(at, 0);
        audience.is_silent();
        second.thaw();
        audience.finds(SAME);
        second.commits(1);
        audience.finds(exactly(1));
    }
}

/// As many commits as before: `iChange` says the same, and the checksum does not. Everything in one look.
#[test]
fn recovery_stopped_and_as_many_commits_as_before() {
    for at in POINTS {
        let db = TempDb::new(Wal);
        let mut first = Session::open_in(&db, Wal);
        let mut watch = Watch::start(&db);
        first.commits(3);
        watch.finds(exactly(3));
        first.kill();
        let mut second = Session::instrumented(&db);
        second.stop("SELECT * FROM t", at);
        second.thaw();
        second.commits(3);
        watch.finds(exactly(3));
    }
}

/// A commit whose header was published by half is what recovery finds, stopped before it says so.
#[test]
fn a_torn_commit_that_is_being_recovered_is_told_once() {
    let db = TempDb::new(Wal);
    let mut first = Session::instrumented_in(&db, Wal);
    let mut audience = Audience::start(&db, Wal);
    first.commits(1);
    audience.finds(exactly(1));
    first.stop(INSERT, ("header-half-published", 1));
    audience.stays_busy();
    first.kill();
    audience.finds(exactly(1));
    let mut second = Session::instrumented(&db);
    second.stop("SELECT * FROM t", ("log-recovered", 1));
    audience.is_silent();
    second.thaw();
    audience.finds(SAME);
    second.commits(1);
    audience.finds(exactly(1));
}
