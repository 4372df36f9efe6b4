//! Each fault alone, in short rounds: in full in every journal mode that it is for, otherwise in those that tell most.

use std::fs;
use std::path::Path;
use std::process::Command;

use honker_testkit::{JournalMode, count, full_counts};
use honker_torture::backend::Backend;
use honker_torture::faults::{Fault, Replacement};
use honker_torture::plan::Plan;
use honker_torture::round::{self, Judged};
use honker_torture::run;

/// A round of the fault. `data-version` watches in each second one, if the fault lets it.
fn plan_of(fault: Fault, mode: JournalMode, index: usize) -> Plan {
    let millis = count(400, 4_000) as u64;
    let draw = |seed| Plan::draw(seed, millis, mode, &[fault]);
    let has_connection = |plan: &Plan| {
        let mut watchers = plan.watchers.iter();
        watchers.any(|watcher| watcher.backend == Backend::DataVersion)
    };
    let first = 7 + index as u64;
    let mut plans = (first..first + 50).map(draw);
    let wanted = plans.find(|plan| has_connection(plan) == (index % 2 == 1));
    wanted.unwrap_or_else(|| draw(first))
}

/// Runs rounds of the fault, and fails with the place of the history if a guarantee was broken.
#[track_caller]
fn survives(fault: Fault, telling: &[JournalMode]) -> Vec<Judged> {
    if let Err(reason) = fault.available() {
        println!("skipped: {fault}: {reason}");
        return Vec::new();
    }
    let mut modes = telling.to_vec();
    if full_counts() {
        modes = JournalMode::ALL.to_vec();
        modes.retain(|mode| fault.is_for(*mode));
    }
    let rounds = modes.iter().enumerate().map(|(index, mode)| {
        assert!(fault.is_for(*mode), "{fault} is not for {mode}");
        let plan = plan_of(fault, *mode, index);
        let judged = run::carry_out(&plan, &std::env::temp_dir()).expect("a round");
        println!("{}", run::describe(index + 1, &judged));
        assert!(judged.broken.is_empty(), "{:#?}", judged.broken);
        judged
    });
    let rounds: Vec<Judged> = rounds.collect();
    let made: u64 = rounds.iter().map(|judged| judged.outcome.made).sum();
    // A single short round may be over before its writer has begun.
    assert!(made > 0 || modes.len() == 1, "nobody committed");
    rounds
}

/// At least one stroke over all rounds, unless the fault could not be done at all.
#[track_caller]
fn was_done(rounds: &[Judged]) {
    let strokes = rounds.iter().flat_map(|judged| &judged.outcome.strokes);
    let done: u64 = strokes.map(|(_, strokes)| strokes).sum();
    assert!(rounds.is_empty() || done > 0, "the fault was never done");
}

/// The same in rounds that are long enough for it to be certain.
#[track_caller]
fn was_done_in_full(rounds: &[Judged]) {
    if full_counts() {
        was_done(rounds);
    }
}

use JournalMode::{Delete, Memory, Off, Persist, Truncate, Wal};

#[test]
fn no_commit_is_missed_under_saturation() {
    survives(Fault::Saturation, &[Wal, Delete, Off]);
}

#[test]
fn no_commit_is_missed_when_writers_are_killed() {
    let rounds = survives(Fault::WriterKills, &[Wal, Delete, Truncate, Persist]);
    let kills: u64 = rounds.iter().map(|judged| judged.outcome.kills).sum();
    assert!(kills > 0, "nobody was killed");
}

#[test]
fn no_commit_is_missed_where_a_super_journal_ties_two_databases() {
    was_done(&survives(
        Fault::SuperJournals,
        &[Delete, Truncate, Persist],
    ));
}

#[test]
fn no_commit_is_missed_when_writers_of_two_databases_are_killed() {
    let faults = [Fault::SuperJournals, Fault::WriterKills];
    let mut kills = 0;
    for (seed, mode) in (7..).zip([Delete, Truncate, Persist]) {
        let plan = Plan::draw(seed, count(1_000, 10_000) as u64, mode, &faults);
        let judged = run::carry_out(&plan, &std::env::temp_dir()).expect("a round");
        println!("{}", run::describe(1, &judged));
        assert!(judged.broken.is_empty(), "{:#?}", judged.broken);
        kills += judged.outcome.kills;
    }
    assert!(kills > 0, "nobody was killed");
}

#[test]
fn checkpoints_of_all_kinds_wake_nobody_and_hide_nothing() {
    was_done(&survives(Fault::Checkpoints, &[Wal]));
}

#[test]
fn no_commit_is_missed_while_logs_come_and_go() {
    survives(Fault::Sessions, &[Wal, Delete]);
}

#[test]
fn no_commit_is_missed_beside_logs_that_outlive_their_sessions() {
    survives(Fault::KeptLogs, &[Wal]);
}

#[test]
fn no_commit_is_missed_while_the_journal_mode_flips() {
    survives(Fault::ModeFlips, &[Wal, Memory]);
}

#[test]
fn a_stopped_watcher_makes_up_for_what_it_missed() {
    was_done(&survives(Fault::WatcherStops, &[Wal, Truncate]));
}

#[test]
fn an_overflow_of_the_event_queue_loses_nothing() {
    was_done_in_full(&survives(Fault::QueueOverflow, &[Wal, Persist]));
}

#[test]
fn a_watcher_without_descriptors_tells_every_commit_or_why_it_ended() {
    was_done(&survives(Fault::DescriptorsUsedUp, &[Wal, Delete]));
}

#[test]
fn a_watcher_without_inotify_watches_polls_and_misses_nothing() {
    was_done_in_full(&survives(Fault::InotifyLimits, &[Wal, Delete, Persist]));
}

#[test]
fn a_full_disk_makes_no_wake_and_hides_none() {
    was_done_in_full(&survives(Fault::DiskFull, &[Wal, Delete]));
}

#[test]
fn a_starved_watcher_is_late_and_misses_nothing() {
    was_done_in_full(&survives(Fault::Starvation, &[Wal, Delete]));
}

#[test]
fn every_kind_of_replacement_ends_a_watcher_or_is_followed() {
    use Replacement::{CutToZero, DirectoryMoved, RenamedOver, Retargeted, Unlinked};
    for kind in [RenamedOver, Unlinked, Retargeted, DirectoryMoved, CutToZero] {
        was_done(&survives(Fault::Replaced(kind), &[Wal, Delete]));
    }
    let backwards = Fault::Replaced(Replacement::CounterBackwards);
    was_done(&survives(backwards, &[Delete]));
}

#[test]
fn a_watcher_without_permission_tells_every_commit_or_why_it_ended() {
    was_done_in_full(&survives(Fault::Permissions, &[Wal, Delete, Persist]));
}

#[test]
fn a_watcher_that_forks_all_the_time_misses_nothing() {
    was_done(&survives(Fault::ForkStorm, &[Wal]));
}

#[test]
fn each_of_many_databases_gets_its_own_wakes() {
    was_done(&survives(Fault::ManyDatabases, &[Wal]));
}

#[test]
fn each_of_many_subscriptions_gets_every_commit_of_its_life() {
    survives(Fault::Crowd, &[Wal, Delete]);
}

#[test]
fn versions_of_sqlite_write_one_file_and_none_is_missed() {
    survives(Fault::MixedVersions, &[Wal, Delete]);
}

#[test]
fn steps_of_the_clock_hide_nothing() {
    was_done(&survives(Fault::ClockSteps, &[Wal, Delete]));
}

#[test]
fn each_fault_has_a_name_of_its_own() {
    for fault in Fault::ALL {
        assert_eq!(Fault::named(fault.name()), Some(fault));
    }
}

#[test]
fn a_plan_is_drawn_from_its_seed_alone() {
    let faults = [Fault::WriterKills, Fault::Sessions];
    let draw = |seed| Plan::draw(seed, 100, Wal, &faults);
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

/// `honker-torture` with these arguments: its status, and what it printed.
fn honker_torture(arguments: &[&str], round: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_honker-torture"))
        .args(arguments)
        .arg(round)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), said)
}

#[test]
fn a_kept_round_is_checked_again_and_carried_out_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let plan = Plan::draw(1, 1_000, Wal, &[Fault::Saturation]);
    round::carry_out(&plan, dir.path()).expect("a round");
    let (code, said) = honker_torture(&["check"], dir.path());
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = honker_torture(&["again", "--times", "2"], dir.path());
    assert_eq!(
        (code, said.matches("saturation").count()),
        (Some(0), 2),
        "{said}"
    );
    // Without its wakes, the first watcher has missed everything.
    let log = dir.path().join("watcher-0.jsonl");
    let told = fs::read_to_string(&log).expect("its log");
    let without: String = told
        .split_inclusive('\n')
        .filter(|line| !line.contains("\"wake\""))
        .collect();
    assert!(without.len() < told.len(), "{told}");
    fs::write(&log, without).expect("written");
    let (code, said) = honker_torture(&["check"], dir.path());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("BROKEN watcher-0"), "{said}");
    assert!(said.contains("never-misses"), "{said}");
}

#[test]
fn a_fault_is_not_asked_for_in_a_mode_that_it_is_not_for() {
    let arguments = ["run", "--fault", "checkpoints", "--mode", "delete", "--dir"];
    assert_eq!(honker_torture(&arguments, Path::new("/tmp")).0, Some(2));
    let arguments = ["run", "--fault", "checkpoints", "--seconds", "1", "--dir"];
    let (code, said) = honker_torture(&arguments, &std::env::temp_dir());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("WAL") && !said.contains("DELETE"), "{said}");
}

#[test]
fn a_round_that_is_not_there_cannot_be_checked() {
    assert!(honker_torture::round::judge(Path::new("/nonexistent")).is_err());
}
