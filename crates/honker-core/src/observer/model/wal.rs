//! Histories of write-ahead logs.

use super::explore::Scenario;
use super::run_wal;
use super::step::Step::{self, *};
use super::world::World;
use crate::observer::lock::LockState::{Free, Held};
use crate::stats::Conservative;

/// How much of a log a checkpoint takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Passive,
    Truncate,
}

/// A history that begins while a session is open and has made a commit.
pub(super) fn scenario(name: &'static str, script: Vec<Step>) -> Scenario {
    Scenario {
        name,
        script,
        cast: None,
        start: |times| World::with_database(times, true),
        prelude: [open(), first_commit()].concat(),
        new_file: false,
        forgiven: Vec::new(),
        needs_times: false,
        counts: true,
        exact: false,
    }
}

/// The first connection of a session: it finds no wal-index that anybody uses.
pub(super) fn open() -> Vec<Step> {
    [
        vec![CreateWal, CreateIndex, UseIndex, CutIndex, ShareIndex],
        recovery(),
    ]
    .concat()
}

fn recovery() -> Vec<Step> {
    vec![BeginWrite, Recover, FirstCopy, EndWrite]
}

/// A commit into a log that has frames already.
pub(super) fn commit() -> Vec<Step> {
    vec![
        BeginWrite,
        Frame { commit: true },
        SecondCopy,
        FirstCopy,
        EndWrite,
    ]
}

/// A commit into an empty log.
pub(super) fn first_commit() -> Vec<Step> {
    let mut steps = commit();
    steps.insert(1, LogHeader);
    steps
}

pub(super) fn close() -> Vec<Step> {
    vec![
        Lock(Held),
        Checkpoint,
        UnlinkIndex,
        LeaveIndex,
        RemoveWal,
        Lock(Free),
    ]
}

fn truncate() -> Vec<Step> {
    vec![
        Checkpoint,
        BeginWrite,
        Restart,
        FirstCopy,
        TruncateWal,
        EndWrite,
    ]
}

#[test]
fn each_commit_is_found_and_counted() {
    let mut commits = scenario("two commits", [commit(), commit()].concat());
    commits.exact = true;
    run_wal(&commits);
    let rolled_back = vec![BeginWrite, Frame { commit: false }, EndWrite];
    commits.name = "a rollback, then a commit";
    commits.script = [rolled_back, commit()].concat();
    run_wal(&commits);
}

#[test]
fn checkpoints_are_no_commits() {
    let mut checkpoint = scenario("checkpoint, then a commit", Vec::new());
    checkpoint.script = [vec![Page, Checkpoint], commit()].concat();
    run_wal(&checkpoint);
    checkpoint.name = "restart";
    checkpoint.script = [
        vec![Checkpoint, BeginWrite, Restart, FirstCopy, EndWrite],
        first_commit(),
    ]
    .concat();
    run_wal(&checkpoint);
    checkpoint.name = "two TRUNCATEs";
    checkpoint.script = [truncate(), truncate()].concat();
    run_wal(&checkpoint);
    checkpoint.name = "TRUNCATE, then a commit";
    checkpoint.script = [truncate(), first_commit()].concat();
    run_wal(&checkpoint);
}

#[test]
fn a_writer_killed_at_any_step_beside_another_connection_has_committed_or_not() {
    for steps in 1..commit().len() {
        let mut next = commit();
        if commit()[steps - 1] == SecondCopy {
            next = [recovery(), next].concat();
        }
        let script = [commit()[..steps].to_vec(), vec![KillWriter], next].concat();
        run_wal(&scenario("writer killed, next commit", script));
    }
}

#[test]
fn a_session_killed_at_any_step_is_recovered_by_the_next() {
    for steps in 1..commit().len() {
        let killed = [commit()[..steps].to_vec(), vec![Kill]].concat();
        run_wal(&scenario("killed", killed.clone()));
        let reopened = [killed, open(), commit()].concat();
        run_wal(&scenario("killed, recovered, next commit", reopened));
    }
}

/// TRUNCATE leaves nothing in the log that the next session recovers, and a close that has nothing to checkpoint leaves the
/// database as it is: its time tells of the commit before.
#[test]
fn a_commit_before_the_log_was_emptied_is_not_taken_for_the_doing_of_a_later_close() {
    let close = vec![Lock(Held), UnlinkIndex, LeaveIndex, RemoveWal, Lock(Free)];
    for end in [vec![Kill], vec![LeaveIndex]] {
        let script = [commit(), truncate(), end, open(), close.clone()].concat();
        let mut emptied = scenario("emptied, then a session without a commit", script);
        emptied.counts = false;
        // Who commits nothing and empties the log looks the same.
        emptied.forgiven = vec![Conservative::UnseenSession];
        run_wal(&emptied);
    }
}

/// A connection closes while another one opens: it is not the last, and the other finds itself alone with the log, cuts
/// the wal-index and recovers it, so that `iChange` starts over although nobody died.
fn hand_over() -> Vec<Step> {
    [vec![LeaveIndex, UseIndex, CutIndex, ShareIndex], recovery()].concat()
}

#[test]
fn commits_before_and_after_a_hand_over_are_counted_both() {
    let after = [commit(), commit()].concat();
    run_wal(&scenario(
        "hand-over",
        [commit(), hand_over(), after.clone(), close()].concat(),
    ));
    run_wal(&scenario(
        "hand-over in the next session",
        [
            close(),
            open(),
            first_commit(),
            hand_over(),
            commit(),
            close(),
        ]
        .concat(),
    ));
    let mut fresh = scenario(
        "hand-over in the first session",
        [open(), first_commit(), hand_over(), after, close()].concat(),
    );
    fresh.prelude.clear();
    run_wal(&fresh);
}

/// The log begins anew twice, over fewer frames than were seen, and is recovered in between: `iChange` and the frames that are
/// there agree, and neither knows of the log in the middle.
#[test]
fn commits_of_a_log_that_nobody_saw_are_not_counted_out() {
    let anew = vec![Checkpoint, BeginWrite, Restart, FirstCopy, EndWrite];
    let middle = [anew.clone(), first_commit(), hand_over()].concat();
    let mut unseen = scenario("begun anew twice", [middle, anew, first_commit()].concat());
    unseen.prelude = [open(), first_commit(), commit(), commit(), hand_over()].concat();
    run_wal(&unseen);
}

#[test]
fn an_opening_killed_at_any_step_says_nothing() {
    for steps in 1..open().len() {
        let mut killed = scenario("opening killed, next session", Vec::new());
        killed.prelude.clear();
        killed.script = [open()[..steps].to_vec(), vec![Kill], open(), first_commit()].concat();
        run_wal(&killed);
    }
}

#[test]
fn truncated_then_killed_then_reopened_may_wake_only_if_nobody_looked_in_between() {
    let script = [truncate(), vec![Kill], open()].concat();
    let mut unseen = scenario("TRUNCATE, kill, reopen", script);
    unseen.forgiven = vec![Conservative::UnseenSession];
    run_wal(&unseen);
    unseen.name = "TRUNCATE, kill, reopen, commit";
    unseen.script.extend(first_commit());
    run_wal(&unseen);
    let mut seen = scenario("kill, reopen", [vec![Kill], open()].concat());
    seen.prelude.extend(truncate());
    run_wal(&seen);
}

#[test]
fn the_last_close_is_no_commit_and_hides_none() {
    run_wal(&scenario("close", close()));
    run_wal(&scenario("commit and close", [commit(), close()].concat()));
    run_wal(&scenario("close and reopen", [close(), open()].concat()));
    let next = [close(), open(), first_commit()].concat();
    run_wal(&scenario("close, reopen, commit", next));
}

#[test]
fn an_unseen_session_between_two_looks_is_not_missed() {
    let session = [open(), first_commit(), close()].concat();
    run_wal(&scenario("session", [close(), session.clone()].concat()));
    let mut first = scenario("from an idle database", session.clone());
    first.prelude.clear();
    run_wal(&first);
    first.name = "then another without a commit";
    first.script = [session, open()].concat();
    run_wal(&first);
}

#[test]
fn a_close_killed_at_any_step_is_no_commit() {
    for steps in 1..close().len() {
        let script = [close()[..steps].to_vec(), vec![Kill], open(), commit()].concat();
        let mut killed = scenario("close killed", script);
        if steps > 4 {
            killed.script = [
                close()[..steps].to_vec(),
                vec![Kill],
                open(),
                first_commit(),
            ]
            .concat();
        }
        run_wal(&killed);
    }
}

/// A session in `locking_mode=EXCLUSIVE` from its start: its wal-index is in its own memory.
fn heap_session() -> Vec<Step> {
    vec![
        Lock(Held),
        CreateWal,
        ReadLog,
        Frame { commit: true },
        Frame { commit: true },
        Kill,
    ]
}

#[test]
fn an_exclusive_session_wakes_when_readers_get_in() {
    let mut heap = scenario("heap session, killed", heap_session());
    heap.script.insert(3, LogHeader);
    heap.prelude.clear();
    run_wal(&heap);
    heap.name = "heap session, closed";
    heap.script.pop();
    heap.script.extend([Checkpoint, RemoveWal, Lock(Free)]);
    run_wal(&heap);
}

/// It goes on with the log of a connection that was killed in its last close, and creates no file.
#[test]
fn an_exclusive_session_on_the_log_of_a_killed_close_is_not_missed() {
    let killed = close().into_iter().take_while(|step| *step != RemoveWal);
    let killed: Vec<_> = killed.chain([Kill]).collect();
    let session = vec![
        Lock(Held),
        CreateWal,
        ReadLog,
        Frame { commit: true },
        Checkpoint,
        RemoveWal,
        Lock(Free),
    ];
    for before in [vec![], commit()] {
        let script = [before, killed.clone(), session.clone()].concat();
        run_wal(&scenario(
            "heap session on the log of a killed close",
            script,
        ));
    }
}

/// The same on the empty log of a session that was killed: when it had created its files, at work, or in its close.
#[test]
fn an_exclusive_session_on_the_empty_log_of_a_killed_one_is_not_missed() {
    let empty_close = vec![Lock(Held), UnlinkIndex, LeaveIndex];
    let created = open()[..2].to_vec();
    for before in [created, open(), [open(), empty_close].concat()] {
        let killed = [close(), before, vec![Kill]].concat();
        let session = vec![
            Lock(Held),
            CreateWal,
            ReadLog,
            LogHeader,
            Frame { commit: true },
            Checkpoint,
            RemoveWal,
            Lock(Free),
        ];
        let mut unseen = scenario("heap session on an empty log", [killed, session].concat());
        // Once the session before it is dead, it may have been that one's doing.
        unseen.forgiven = vec![Conservative::UnseenSession];
        run_wal(&unseen);
    }
}

#[test]
fn a_stale_wal_index_is_not_believed() {
    let left = vec![LeaveIndex];
    run_wal(&scenario(
        "no checkpoint on close",
        [commit(), left.clone()].concat(),
    ));
    run_wal(&scenario(
        "… reopened",
        [left.clone(), open(), commit()].concat(),
    ));
    run_wal(&scenario(
        "… heap session",
        [left.clone(), heap_session()].concat(),
    ));
    let mut then = scenario("… heap session, next session", open());
    then.prelude.extend([left, heap_session()].concat());
    run_wal(&then);
}

#[test]
fn a_left_log_that_others_checkpoint_may_wake() {
    let mut left = scenario("left log checkpointed", [open(), close()].concat());
    left.prelude.push(Kill);
    left.forgiven = vec![Conservative::UnseenSession];
    run_wal(&left);
}

#[test]
fn a_chmod_of_an_idle_database_may_wake() {
    let mut idle = scenario("chmod", vec![Chmod]);
    idle.prelude.clear();
    idle.forgiven = vec![Conservative::UnseenSession];
    run_wal(&idle);
}
