//! Histories of the rollback journal modes.

use super::explore::Scenario;
use super::step::Step::{self, *};
use super::world::{Times, World};
use super::{FAST, Setting, run, run_each, run_fast, run_in};
use crate::observer::lock::LockState::{Free, Held, Reserved};
use crate::stats::Conservative;

/// How a transaction ends: the commit point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Delete,
    /// TRUNCATE and PERSIST.
    Cool,
    /// MEMORY and OFF.
    Nothing,
}

const ENDS: [End; 3] = [End::Delete, End::Cool, End::Nothing];

fn scenario(name: &'static str, script: Vec<Step>) -> Scenario {
    Scenario {
        name,
        script,
        cast: None,
        start: |times| World::with_database(times, false),
        prelude: Vec::new(),
        new_file: false,
        forgiven: Vec::new(),
        needs_times: false,
        counts: true,
        exact: true,
    }
}

/// The steps before page 1 is written. With synchronous=OFF the journal has its magic at once.
fn begin(end: End, synchronous: bool) -> Vec<Step> {
    let mut steps = vec![Lock(Reserved)];
    if end != End::Nothing {
        steps.push(Journal {
            magic: !synchronous,
        });
        if synchronous {
            steps.push(Magic);
        }
    }
    steps.push(Lock(Held));
    steps
}

/// The steps at and after the commit point.
fn end(end: End) -> Vec<Step> {
    match end {
        End::Delete => vec![Unlink, Lock(Free)],
        End::Cool => vec![Cool, Lock(Free)],
        End::Nothing => vec![Lock(Free)],
    }
}

pub(super) fn transaction(how: End, synchronous: bool) -> Vec<Step> {
    [begin(how, synchronous), vec![Page1, Page], end(how)].concat()
}

/// A transaction that is written to the database before it ends, and then rolled back.
pub(super) fn spilled(how: End) -> Vec<Step> {
    [begin(how, true), vec![Page, Page1, Restore], end(how)].concat()
}

/// Another process finds a hot journal and plays it back.
pub(super) fn recovery() -> Vec<Step> {
    vec![Lock(Held), Restore, Unlink, Lock(Free)]
}

#[test]
fn each_commit_is_found_and_counted() {
    for how in ENDS {
        for synchronous in [true, false] {
            let one = transaction(how, synchronous);
            let mut scenario = scenario("one commit", one.clone());
            // A lock that is kept for a while without a journal looks like `locking_mode=EXCLUSIVE`.
            scenario.exact = how != End::Nothing;
            run(&scenario);
            scenario.name = "two commits";
            scenario.script = [one.clone(), one].concat();
            run(&scenario);
        }
    }
}

#[test]
fn a_commit_is_found_although_the_next_one_was_killed() {
    let one = transaction(End::Delete, true);
    let hot = one.iter().position(|step| *step == Unlink).unwrap();
    run_each((1..=hot).map(|steps| {
        let killed = [one.clone(), one[..steps].to_vec(), vec![Kill]].concat();
        scenario("a commit, then one killed", killed)
    }));
    let killed = [one.clone(), one[..hot].to_vec(), vec![Kill]].concat();
    run(&scenario("… recovered", [killed, recovery()].concat()));
}

/// Between the header and the journal that a look finds, another process plays a hot journal back and writes the same again:
/// only its lock tells that it has not committed, or, when it is killed too, the time.
#[test]
fn a_header_that_was_played_back_and_written_again_is_no_commit_yet() {
    let one = transaction(End::Delete, true);
    let hot = one.iter().position(|step| *step == Unlink).unwrap();
    let killed = [one[..hot].to_vec(), vec![Kill]].concat();
    let again = [killed.clone(), recovery(), one].concat();
    let again = scenario("killed, played back, written again", again);
    for times in [Times::Strict, Times::Coarse] {
        run_in(&again, Setting { times, ..FAST });
    }
    let twice = [killed.clone(), recovery(), killed, recovery()].concat();
    run_in(&scenario("killed, played back, killed again", twice), FAST);
}

#[test]
fn a_rolled_back_transaction_wakes_nobody() {
    for how in ENDS {
        let spilled = spilled(how);
        run(&scenario("spilled rollback", spilled.clone()));
        let then = [spilled, transaction(how, true)].concat();
        run(&scenario("spilled rollback, then a commit", then));
        let unspilled = [
            vec![Lock(Reserved), Journal { magic: false }],
            end(End::Delete),
        ]
        .concat();
        run(&scenario("rollback", unspilled));
    }
}

#[test]
fn a_writer_killed_at_any_step_has_committed_or_not() {
    for how in [End::Delete, End::Cool] {
        for synchronous in [true, false] {
            let one = transaction(how, synchronous);
            run_each(
                (1..one.len())
                    .map(|steps| scenario("killed", [one[..steps].to_vec(), vec![Kill]].concat())),
            );
        }
    }
}

#[test]
fn recovery_by_another_is_no_commit_and_the_next_one_is() {
    let one = transaction(End::Delete, true);
    let hot = one.iter().position(|step| *step == Unlink).unwrap();
    let magic = one.iter().position(|step| *step == Magic).unwrap();
    run_each((magic + 1..=hot).map(|steps| {
        let killed = [one[..steps].to_vec(), vec![Kill], recovery()].concat();
        scenario("recovered, then a commit", [killed, one.clone()].concat())
    }));
}

/// Another page size without a commit is what nobody but a foreign writer leaves.
#[test]
fn a_change_of_the_page_size_is_a_commit_and_never_an_overwrite() {
    let one = transaction(End::Delete, true);
    let hot = one.iter().position(|step| *step == Unlink).unwrap();
    let resized: Vec<Step> = one
        .iter()
        .map(|step| if *step == Page1 { Resize } else { *step })
        .collect();
    let ways = [(&resized, &one), (&one, &resized), (&resized, &resized)];
    run_each(ways.into_iter().flat_map(|(first, second)| {
        let both = [first.clone(), second.clone()].concat();
        let killed = [first, &second[..hot], &[Kill], &recovery()[..]].concat();
        [both, killed].map(|script| Scenario {
            // Of several commits, one of which changed the page size, the number is not believed.
            exact: false,
            ..scenario("resized", script)
        })
    }));
}

#[test]
fn a_super_journal_that_is_gone_is_the_commit_point() {
    let killed = [begin(End::Delete, true), vec![Page1, SuperGone, Kill]].concat();
    run(&scenario("killed after the super-journal", killed.clone()));
    let cleaned = [killed, vec![Unlink], transaction(End::Delete, true)].concat();
    run(&scenario("… and cleaned up", cleaned));
}

#[test]
fn the_journal_of_the_next_transaction_does_not_hide_a_commit() {
    let one = transaction(End::Delete, false);
    let open = [one, vec![Lock(Reserved), Journal { magic: true }]].concat();
    run(&scenario("next one left open", open));
}

#[test]
fn a_first_commit_is_found_in_an_empty_or_new_file() {
    for new_file in [true, false] {
        let one = transaction(End::Delete, true);
        let mut first = scenario("first commit", one.clone());
        first.start = World::new;
        first.new_file = new_file;
        run(&first);
        first.name = "first commit killed, recovered, made again";
        first.script = [one[..6].to_vec(), vec![Kill], recovery(), one].concat();
        run(&first);
    }
}

#[test]
fn exclusive_locking_wakes_when_readers_get_in() {
    let mut session = transaction(End::Cool, false);
    session.pop();
    let more = [Journal { magic: true }, Uncounted, Cool];
    let mut exclusive = scenario("exclusive", Vec::new());
    exclusive.counts = false;
    exclusive.exact = false;
    exclusive.script = [session.clone(), more.to_vec(), vec![Lock(Free)]].concat();
    run(&exclusive);
    exclusive.script = [session.clone(), more.to_vec(), vec![Kill]].concat();
    run(&exclusive);
    exclusive.script = [session, vec![Wait(2)], more.to_vec(), vec![Lock(Free)]].concat();
    run(&exclusive);
}

#[test]
fn commits_under_a_kept_lock_are_found_although_the_next_one_is_killed() {
    let mut session = transaction(End::Cool, false);
    session.pop();
    let killed = vec![Journal { magic: true }, Uncounted, Page, Kill];
    let mut exclusive = scenario("exclusive, killed", Vec::new());
    exclusive.counts = false;
    exclusive.exact = false;
    exclusive.script = [session.clone(), killed.clone()].concat();
    run(&exclusive);
    exclusive.script = [session.clone(), killed.clone(), recovery()].concat();
    run(&exclusive);
    let more = vec![Journal { magic: true }, Uncounted, Cool];
    exclusive.script = [session, more, killed].concat();
    run(&exclusive);
}

/// Seen from outside the second writer's header is the first one's: nothing was committed all the same.
#[test]
fn a_commit_killed_recovered_and_killed_again_is_none() {
    let killed = [begin(End::Delete, false), vec![Page1, Kill]].concat();
    let back = [vec![Lock(Held)], vec![Restore, Unlink]].concat();
    let again = vec![Journal { magic: true }, Page1, Page, Kill];
    let mut twice = scenario("killed twice", Vec::new());
    twice.needs_times = true;
    twice.script = [killed, back, again].concat();
    run(&twice);
    twice.script.extend(recovery());
    run(&twice);
}

#[test]
fn a_journal_that_cannot_be_read_is_not_taken_for_none() {
    let killed = [
        begin(End::Delete, true),
        vec![Unreadable(true), Page1, Kill],
    ]
    .concat();
    let mut unreadable = scenario("unreadable", Vec::new());
    unreadable.exact = false;
    unreadable.script = [killed, vec![Unreadable(false)], recovery()].concat();
    run_fast(&unreadable);
    unreadable.forgiven = vec![Conservative::JournalUnreadable];
    unreadable.script = transaction(End::Cool, true);
    unreadable.script.insert(2, Unreadable(true));
    run(&unreadable);
}
