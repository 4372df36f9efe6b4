//! Histories that change the journal mode.

use super::explore::Scenario;
use super::rollback::{End, transaction};
use super::step::Step::{self, *};
use super::world::World;
use super::{run_wal, wal};
use crate::observer::lock::LockState::{Free, Held};
use crate::stats::Conservative;

/// A transaction that changes byte 19 of the header, as `PRAGMA journal_mode` writes it.
fn switch(to_wal: bool) -> Vec<Step> {
    switch_by(End::Delete, to_wal)
}

fn switch_by(end: End, to_wal: bool) -> Vec<Step> {
    let mut steps = transaction(end, true);
    for step in &mut steps {
        if *step == Page1 {
            *step = Switch { wal: to_wal };
        }
    }
    steps
}

/// Whether a wake stands for the switch, or for the commits beside it too, is not always to be told.
fn scenario(name: &'static str, wal: bool, script: Vec<Step>) -> Scenario {
    let mut scenario = wal::scenario(name, script);
    if !wal {
        scenario.start = |times| World::with_database(times, false);
        scenario.prelude.clear();
    }
    scenario
}

#[test]
fn a_switch_to_wal_and_the_commits_after_it_are_found() {
    let switch = switch(true);
    run_wal(&scenario("to WAL", false, switch.clone()));
    let next = [switch, wal::open(), wal::first_commit()].concat();
    run_wal(&scenario("to WAL, commit", false, next));
}

#[test]
fn a_switch_from_wal_and_the_commits_after_it_are_found() {
    let switch = [wal::close(), switch(false)].concat();
    run_wal(&scenario("from WAL", true, switch.clone()));
    let next = [switch.clone(), transaction(End::Delete, true)].concat();
    run_wal(&scenario("from WAL, commit", true, next));
    let last = [wal::commit(), switch].concat();
    run_wal(&scenario("commit, from WAL", true, last));
}

#[test]
fn a_switch_from_wal_and_back_between_two_looks_is_not_missed() {
    let there_and_back = [wal::close(), switch(false), switch(true)].concat();
    run_wal(&scenario("from WAL and back", true, there_and_back.clone()));
    let next = [there_and_back, wal::open(), wal::first_commit()].concat();
    run_wal(&scenario("from WAL and back, commit", true, next));
}

/// MEMORY and OFF create no file that an event would tell of.
#[test]
fn a_switch_to_memory_or_off_and_back_between_two_looks_is_not_missed() {
    let there = [wal::close(), switch_by(End::Nothing, false)].concat();
    let back = switch_by(End::Nothing, true);
    run_wal(&scenario(
        "from WAL without a journal, and back",
        true,
        [there.clone(), back.clone()].concat(),
    ));
    let commit = transaction(End::Nothing, true);
    run_wal(&scenario(
        "commit, from WAL without a journal, commit, and back",
        true,
        [wal::commit(), there, commit, back].concat(),
    ));
}

#[test]
fn a_switch_from_wal_that_is_killed_at_any_step_hides_nothing() {
    let switch = switch(false);
    for steps in 1..switch.len() {
        let is_hot = steps > 2 && steps < switch.len() - 1;
        let mut script = [wal::close(), switch[..steps].to_vec(), vec![Kill]].concat();
        if is_hot {
            script.extend([Lock(Held), Restore, Unlink, Lock(Free)]);
        }
        let mut killed = scenario("killed on the way from WAL", true, script);
        // It was written and put back; without a log the time is all there is to go by.
        killed.forgiven = vec![Conservative::UnseenSession];
        run_wal(&killed);
    }
}
