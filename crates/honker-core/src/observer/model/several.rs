//! Several processes at one database, in every order that their locks allow.

use super::cast::Act::{self, *};
use super::cast::Cast;
use super::explore::{Scenario, Setting};
use super::rollback::End;
use super::wal::Kind::{Passive, Truncate};
use super::world::{Times, World};
use super::{FAST, run_in};
use crate::stats::Conservative::UnseenSession;

const ONE: Act = Commit { frames: 1 };
const TWO: Act = Commit { frames: 2 };
const JOURNAL: Act = Transaction {
    how: End::Delete,
    synchronous: true,
};

/// A database in WAL that nobody has open, and what each of some processes does with it, of which so many may die.
fn log(name: &'static str, acts: &[&[Act]], deaths: usize) -> Scenario {
    let acts = acts.iter().map(|acts| acts.to_vec()).collect();
    Scenario {
        name,
        script: Vec::new(),
        cast: Some(Cast::new(acts, deaths)),
        start: |times| World::with_database(times, true),
        prelude: Vec::new(),
        new_file: false,
        forgiven: Vec::new(),
        needs_times: false,
        counts: true,
        exact: false,
    }
}

/// The same with a rollback journal.
fn journal(name: &'static str, acts: &[&[Act]], deaths: usize) -> Scenario {
    Scenario {
        start: |times| World::with_database(times, false),
        ..log(name, acts, deaths)
    }
}

/// Looks between any two moves, each of them undisturbed or with one interruption.
fn run(scenario: &Scenario, interruptions: usize) {
    let setting = Setting {
        interruptions,
        reach: 1,
        events: true,
        ..FAST
    };
    run_in(scenario, setting);
    if honker_testkit::full_counts() {
        for times in [Times::OnDemand, Times::Coarse] {
            run_in(scenario, Setting { times, ..setting });
        }
    }
}

#[test]
fn two_writers_of_a_log_are_both_found() {
    run(&log("two writers", &[&[Open, ONE], &[Open, ONE]], 0), 1);
}

#[test]
fn two_writers_of_a_log_of_whom_one_dies() {
    run(&log("one dies", &[&[Open, ONE], &[Open, TWO]], 1), 0);
}

#[test]
fn a_checkpointer_beside_a_writer_is_no_commit_and_hides_none() {
    let acts: [&[Act]; 2] = [&[Open, ONE, ONE], &[Open, Checkpoint(Passive)]];
    run(&log("checkpointer", &acts, 0), 0);
    let acts: [&[Act]; 2] = [&[Open, ONE, ONE], &[Open, Checkpoint(Truncate)]];
    run(&log("TRUNCATE", &acts, 0), 0);
}

#[test]
fn who_closes_last_takes_the_log_away_and_hides_nothing() {
    let acts: &[Act] = &[Open, ONE, Close];
    run(&log("closes", &[acts, acts], 0), 0);
    // One that is killed when it has created its log, within a clock tick of the close, is not told from one that committed.
    let mut dies = log("one of them dies", &[acts, &[Open, ONE]], 1);
    dies.forgiven = vec![UnseenSession];
    run(&dies, 0);
}

#[test]
fn two_writers_with_rollback_journals_are_both_found() {
    run(&journal("two journals", &[&[JOURNAL], &[JOURNAL]], 1), 1);
    run(
        &journal("a rollback", &[&[Spilled(End::Cool)], &[JOURNAL]], 1),
        1,
    );
}

#[test]
fn a_rollback_of_a_log_beside_a_commit_is_none() {
    let mut undo = log("undo", &[&[Open, Undo, ONE], &[Open, ONE]], 1);
    undo.forgiven = vec![UnseenSession];
    run(&undo, 0);
}
