//! One transaction over two databases, with a super-journal, stopped and killed all along its way.

use super::audience::{At, Audience};
use crate::stage::{INSERT, SAME, Session, exactly};
use honker_testkit::JournalMode::{self, Delete, Persist, Truncate};
use honker_testkit::TempDb;

struct Two {
    databases: [TempDb; 2],
    audiences: [Audience; 2],
    session: Session,
}

fn stopped(mode: JournalMode, at: At) -> Two {
    println!("{mode} {at:?}");
    let databases = [TempDb::new(mode), TempDb::new(mode)];
    let mut session = Session::instrumented_in(&databases[0], mode);
    let other = databases[1].path().display();
    session.sql(&format!("ATTACH '{other}' AS other"));
    session.sql(&mode.pragma().replace("PRAGMA ", "PRAGMA other."));
    let audiences = [0, 1].map(|which| Audience::start(&databases[which], mode));
    let sql = format!("BEGIN; {INSERT}; INSERT INTO other.t(n) VALUES (1); COMMIT");
    session.stop(&sql, at);
    Two {
        databases,
        audiences,
        session,
    }
}

impl Two {
    fn is_silent(&mut self) {
        for audience in &mut self.audiences {
            audience.is_silent();
        }
    }

    fn finds(&mut self, commits: i64) {
        for audience in &mut self.audiences {
            audience.finds_commits(commits);
        }
    }
}

fn is_a_commit_if_killed(at: At, kept: i64) {
    for mode in [Delete, Truncate, Persist] {
        let mut two = stopped(mode, at);
        two.is_silent();
        two.session.thaw();
        two.finds(1);

        let mut two = stopped(mode, at);
        two.is_silent();
        two.session.writer.kill();
        if kept > 0 {
            two.finds(kept);
        } else {
            two.is_silent();
        }
        for database in &two.databases {
            assert_eq!(Session::open(database).read() - 1, kept, "{mode} {at:?}");
        }
        two.finds(0);
        for database in &two.databases {
            Session::open(database).commits(1);
        }
        two.finds(1);
    }
}

#[test]
fn journals_that_do_not_name_it_yet() {
    is_a_commit_if_killed(("super-journal-unnamed", 1), 0);
    is_a_commit_if_killed(("super-journal-unnamed", 2), 0);
}

#[test]
fn the_first_database_is_written_and_the_second_is_not() {
    is_a_commit_if_killed(("database-synced", 1), 0);
}

#[test]
fn it_is_about_to_go() {
    is_a_commit_if_killed(("super-journal-undeleted", 1), 0);
}

/// Both journals are there, with their magic, and neither is hot.
#[test]
fn it_is_gone_and_both_journals_are_there() {
    is_a_commit_if_killed(("super-journal-deleted", 1), 1);
}

/// The first database is free already.
#[test]
fn it_and_the_first_journal_are_gone() {
    for mode in [Delete, Truncate, Persist] {
        let mut two = stopped(mode, ("database-unlocked", 1));
        two.audiences[0].finds(exactly(1));
        two.audiences[1].is_silent();
        two.session.thaw();
        two.audiences[0].finds(SAME);
        two.audiences[1].finds(exactly(1));

        let mut two = stopped(mode, ("database-unlocked", 1));
        two.session.writer.kill();
        two.finds(1);
        for database in &two.databases {
            assert_eq!(Session::open(database).read(), 2);
        }
        two.finds(0);
    }
}
