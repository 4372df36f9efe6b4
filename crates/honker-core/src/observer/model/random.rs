//! Random histories of several processes that follow SQLite's rules, against what was said of them: first with looks at
//! any moment, then with looks only when the cadence says so, from events of which some are lost.

use super::cast::Act::{self, *};
use super::cast::{Cast, Move};
use super::explore::{Scenario, Setting};
use super::node::{Failure, Node};
use super::rollback::End;
use super::wal::Kind::{Passive, Truncate};
use super::world::{Times, World};
use crate::cadence::{Cadence, Found, QUIET_SWEEP, SWEEP, Tick, Ticks};
use crate::observer::Look;
use crate::stats::Conservative::{LogNotFollowed, UnseenSession};
use proptest::prelude::*;
use std::time::Duration;

/// What the processes share. Counts are held in histories with closes or with checkpoints, and where nobody dies between the
/// two copies of a wal-index header beside checkpoints; in the others (see the known limits in docs/reliability.md) it is
/// only held that nothing is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    Journal,
    CheckpointedLog,
    ClosedLog,
    AnyLog,
}

/// What a process does with a log.
fn sessions(sharing: Sharing) -> impl Strategy<Value = Vec<Act>> {
    let checkpoint = prop_oneof![Just(Checkpoint(Passive)), Just(Checkpoint(Truncate))];
    let commit = Just(Commit { frames: 1 });
    let act = if sharing == Sharing::ClosedLog {
        prop_oneof![4 => commit, 2 => Just(Commit { frames: 2 }), 1 => Just(Undo)].boxed()
    } else {
        prop_oneof![4 => commit, 2 => Just(Commit { frames: 2 }), 1 => Just(Undo), 2 => checkpoint]
            .boxed()
    };
    let session = (prop::collection::vec(act, 0..6), any::<bool>());
    prop::collection::vec(session, 1..3).prop_map(move |sessions| {
        let mut acts = Vec::new();
        for (inner, closes) in sessions {
            acts.push(Open);
            acts.extend(inner);
            if sharing == Sharing::CheckpointedLog || !closes {
                break;
            }
            acts.push(Close);
        }
        acts
    })
}

fn transactions() -> impl Strategy<Value = Vec<Act>> {
    let end = prop_oneof![Just(End::Delete), Just(End::Cool)];
    let act = (end, any::<bool>(), 0..4).prop_map(|(how, synchronous, which)| match which {
        0 => Spilled(how),
        _ => Transaction { how, synchronous },
    });
    prop::collection::vec(act, 1..5)
}

/// Two or three processes, of which some die.
fn casts() -> impl Strategy<Value = (Sharing, Cast)> {
    let of = |sharing, acts: BoxedStrategy<Vec<Act>>, deaths| {
        (prop::collection::vec(acts, 2..4), 0..=deaths)
            .prop_map(move |(acts, deaths)| (sharing, Cast::new(acts, deaths)))
    };
    let log = |sharing, deaths| of(sharing, sessions(sharing).boxed(), deaths);
    prop_oneof![
        of(Sharing::Journal, transactions().boxed(), 2_usize),
        log(Sharing::CheckpointedLog, 2)
            .prop_map(|(sharing, cast)| (sharing, cast.keeping_index_whole())),
        log(Sharing::ClosedLog, 2),
        log(Sharing::AnyLog, 2),
    ]
}

fn times() -> impl Strategy<Value = Times> {
    prop_oneof![
        Just(Times::Strict),
        Just(Times::OnDemand),
        Just(Times::Coarse)
    ]
}

fn start(sharing: Sharing, cast: Cast, times: Times, pace: u64) -> (Scenario, Node) {
    let scenario = Scenario {
        name: "random",
        script: Vec::new(),
        cast: Some(cast),
        start: if sharing == Sharing::Journal {
            |times| World::with_database(times, false)
        } else {
            |times| World::with_database(times, true)
        },
        prelude: Vec::new(),
        new_file: false,
        // A session that came and went is told by times alone.
        forgiven: vec![UnseenSession, LogNotFollowed],
        needs_times: false,
        counts: sharing != Sharing::AnyLog,
        exact: false,
    };
    let setting = Setting {
        times,
        pace,
        events: true,
        interruptions: 1,
        reach: 1,
    };
    let mut node = Node::start(&scenario, setting);
    // Somebody subscribes.
    node.observer.rely_on_baseline();
    node.ledger.rely(node.visible());
    node.ledger.be_lenient();
    (scenario, node)
}

/// What comes next, if anything can: a step more often than a death.
fn choose(node: &Node, which: usize) -> Option<Move> {
    let moves = node.observer.evidence.moves();
    let (steps, deaths): (Vec<_>, Vec<_>) = moves
        .into_iter()
        .partition(|next| matches!(next, Move::Step(_)));
    match which % 16 {
        0 if !deaths.is_empty() => Some(deaths[which / 16 % deaths.len()]),
        _ if steps.is_empty() => None,
        _ => Some(steps[which / 16 % steps.len()]),
    }
}

/// Looks, disturbed before its `call`th call by these moves.
fn look(
    node: &mut Node,
    scenario: &Scenario,
    (call, moves): (usize, &[usize]),
) -> Result<(), Failure> {
    let mut later = node.clone();
    let mut plan = Vec::new();
    for which in moves {
        if let Some(next) = choose(&later, *which) {
            later.step(next);
            plan.push(next);
        }
    }
    let plan = if plan.is_empty() {
        Vec::new()
    } else {
        vec![(call, plan)]
    };
    node.look(plan, scenario).map(drop)
}

/// Who moves, and perhaps a look after it: before which of its calls it is disturbed, and by whom.
type Turn = (usize, Option<(usize, Vec<usize>)>);

/// Everybody makes some moves, with looks between and within; then they all go on to their end.
fn any_moment(
    (sharing, cast): (Sharing, Cast),
    (times, pace): (Times, u64),
    turns: &[Turn],
) -> Result<(), Failure> {
    let (scenario, mut node) = start(sharing, cast, times, pace);
    for (which, disturbed) in turns {
        if let Some(next) = choose(&node, *which) {
            node.step(next);
        }
        if let Some((call, moves)) = disturbed {
            look(&mut node, &scenario, (*call, moves))?;
        }
    }
    while let Some(next) = choose(&node, 1) {
        node.step(next);
    }
    node.finish(&scenario)
}

/// The sweep of a quiet database, as the contract has it, the patience with a session that is beginning, and a little for
/// file times that have to ripen.
const BOUND: Duration = Duration::from_millis(500 + 100 + 60);
const TICKS: Ticks = Ticks {
    sweep: Tick::each(SWEEP),
    quiet: Tick::each(QUIET_SWEEP),
    stretch: 1,
};

/// The same, with looks when they are due. `lost`: the nth event never comes.
fn when_due(
    (sharing, cast): (Sharing, Cast),
    times: Times,
    turns: &[(usize, u64)],
    lost: &[bool],
) -> Result<(), Failure> {
    let (scenario, mut node) = start(sharing, cast, times, 0);
    let now = |node: &Node| Duration::from_nanos(node.observer.evidence.world.now);
    let mut cadence = Cadence::hinted(now(&node));
    let mut lost = lost.iter().copied().cycle();
    let look = |node: &mut Node, cadence: &mut Cadence| {
        let found = match node.look(Vec::new(), &scenario)? {
            Ok(Look::Commits(_)) => Found::Commits,
            Ok(Look::Same) => Found::Nothing,
            _ => Found::Busy,
        };
        let now = now(node);
        cadence.looked(now, found, TICKS, || node.observer.writer());
        Ok(())
    };
    let mut turns = turns.iter().copied().chain(std::iter::repeat((1, 50)));
    loop {
        let (which, pause) = turns.next().unwrap_or_default();
        let Some(next) = choose(&node, which) else {
            break;
        };
        let then = node.observer.evidence.world.now + pause * 1000;
        while cadence.due().as_nanos() < u128::from(then) {
            let due = u64::try_from(cadence.due().as_nanos()).unwrap();
            node.observer.evidence.world.now = due.max(node.observer.evidence.world.now);
            look(&mut node, &mut cadence)?;
        }
        node.observer.evidence.world.now = then.max(node.observer.evidence.world.now);
        let before = node.observer.evidence.world.events;
        node.step(next);
        let is_event = node.observer.evidence.world.events != before;
        if is_event && !lost.next().unwrap_or_default() {
            cadence.hint(now(&node));
        }
    }
    let end = now(&node) + BOUND;
    while cadence.due() < end {
        let due = u64::try_from(cadence.due().as_nanos()).unwrap();
        node.observer.evidence.world.now = due.max(node.observer.evidence.world.now);
        look(&mut node, &mut cadence)?;
    }
    node.is_told(&scenario)
}

fn cases(reduced: u32, full: u32) -> ProptestConfig {
    let cases = if honker_testkit::full_counts() {
        full
    } else {
        reduced
    };
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

fn told(result: Result<(), Failure>) -> Result<(), TestCaseError> {
    result
        .map_err(|failure| TestCaseError::fail(format!("{}\n{}", failure.what, failure.describe())))
}

proptest! {
    #![proptest_config(cases(5_000, 200_000))]

    #[test]
    fn what_is_said_at_any_moment_is_what_sqlite_did(
        cast in casts(),
        times in times(),
        pace in prop_oneof![Just(10_u64), Just(30_000)],
        turns in prop::collection::vec(
            (any::<usize>(), prop::option::of((1..30_usize, prop::collection::vec(any::<usize>(), 0..4)))),
            0..60,
        ),
    ) {
        told(any_moment(cast, (times, pace), &turns))?;
    }

    #[test]
    fn what_is_committed_is_told_within_a_sweep_whatever_events_are_lost(
        cast in casts(),
        times in times(),
        turns in prop::collection::vec((any::<usize>(), 1..3000_u64), 0..60),
        lost in prop::collection::vec(any::<bool>(), 1..20),
    ) {
        told(when_due(cast, times, &turns, &lost))?;
    }
}
