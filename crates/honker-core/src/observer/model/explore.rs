//! Every way in which a script's steps and an observer's calls can interleave.

use super::super::evidence::Seen;
use super::super::lock::LockState;
use super::super::standing::{Since, Standing};
use super::super::{Look, Observer};
use super::cast::{Cast, Move};
use super::ledger::Ledger;
use super::simulated::{Interruption, Simulated};
use super::step::Step;
use super::world::{Times, World};
use super::writers::Writers;
use crate::identity::Identity;
use crate::stats::Conservative;
use std::collections::HashSet;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;
use std::time::Duration;

/// A history, and what may be said of it.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a property of its own
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) script: Vec<Step>,
    /// Several writers, instead of one with a script.
    pub(super) cast: Option<Cast>,
    pub(super) start: fn(Times) -> World,
    /// Steps made before the observer begins.
    pub(super) prelude: Vec<Step>,
    /// The observer begins before there is a file.
    pub(super) new_file: bool,
    /// Reasons for which a wake may come although nothing was committed.
    pub(super) forgiven: Vec<Conservative>,
    /// Whether only file times that never tie can tell what happened.
    pub(super) needs_times: bool,
    /// Whether the commits can be counted at all.
    pub(super) counts: bool,
    /// Whether every wake must be exact when no look is interrupted.
    pub(super) exact: bool,
}

/// How a scenario is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) times: Times,
    /// How long a step takes, in microseconds.
    pub(super) pace: u64,
    /// Whether directory events can be had.
    pub(super) events: bool,
    /// How often a single look is interrupted, and by how many moves at once.
    pub(super) interruptions: usize,
    pub(super) reach: usize,
}

#[derive(Clone)]
struct Node {
    observer: Observer<Simulated>,
    ledger: Ledger,
    looked: bool,
    /// The first position that was taken, and how many commits a reader could see right after it.
    position: Option<(Standing, u64)>,
    path: Option<Rc<Trail>>,
}

/// There is only one.
const FILE: Identity = Identity { dev: 1, ino: 1 };

/// How a node was reached, for the report of a failure.
struct Trail {
    before: Option<Rc<Trail>>,
    what: What,
}

enum What {
    Move(String),
    Look {
        /// Before which calls it was interrupted, and by what.
        interruptions: Vec<(&'static str, Vec<Move>)>,
        calls: Vec<&'static str>,
        look: String,
    },
}

pub(super) struct Failure {
    pub(super) what: String,
    trail: Option<Rc<Trail>>,
}

/// Explores it all. The number of looks, or the first failure.
pub(super) fn explore(scenario: &Scenario, setting: Setting) -> Result<usize, Failure> {
    let mut world = (scenario.start)(setting.times);
    for step in &scenario.prelude {
        world.now += setting.pace * 1000;
        step.apply(&mut world);
    }
    world.now += 1_000_000_000;
    let writers = match &scenario.cast {
        Some(cast) => Writers::Cast(cast.clone()),
        None => Writers::script(scenario.script.clone()),
    };
    let evidence = Simulated::new(world, writers, setting.pace * 1000, setting.events);
    let (observer, ledger) = if scenario.new_file {
        let now = Duration::from_nanos(evidence.world.now);
        (Observer::of_new_file(evidence, now), Ledger::of_new_file())
    } else {
        (Observer::new(evidence), Ledger::default())
    };
    let mut nodes = vec![Node {
        observer,
        ledger,
        looked: false,
        position: None,
        path: None,
    }];
    let mut seen = HashSet::new();
    let mut looks = 0;
    while let Some(node) = nodes.pop() {
        if !seen.insert(node.fingerprint()) {
            continue;
        }
        if !node.observer.is_settled() && node.looked && !node.ledger.is_relied_on() {
            let mut relied = node.clone();
            relied.observer.rely_on_baseline();
            relied.ledger.rely(relied.visible());
            nodes.push(relied);
        }
        let moves = node.observer.evidence.moves();
        if !moves.iter().any(|next| matches!(next, Move::Step(_))) {
            // Who has nothing left to do may still die.
            node.clone().finish(scenario)?;
            if moves.is_empty() {
                continue;
            }
        }
        let sequences = node.observer.evidence.sequences(setting.reach);
        let mut plans = vec![Vec::new()];
        while let Some(plan) = plans.pop() {
            looks += 1;
            let mut after = node.clone();
            let _ = after.look(plan.clone(), scenario)?;
            if setting.interruptions == 0 && scenario.exact && after.ledger.is_inexact() {
                return Err(after.fails("INEXACT".to_owned()));
            }
            if plan.len() < setting.interruptions {
                // Before its first call is before the look.
                let first = plan.last().map_or(1, |(call, _)| call + 1);
                let done = plan.iter().map(|(_, moves)| moves.len()).sum();
                for call in first..after.observer.evidence.calls.len() {
                    for sequence in after.observer.evidence.further(&sequences, done) {
                        let mut more = plan.clone();
                        more.push((call, sequence.to_vec()));
                        plans.push(more);
                    }
                }
            }
            nodes.push(after);
        }
        for next in moves {
            let mut moved = node.clone();
            moved.step(next);
            nodes.push(moved);
        }
    }
    Ok(looks)
}

/// Hashes what is printed, so that nothing of it has to be `Hash`, without keeping it.
struct Fingerprint(DefaultHasher);

impl fmt::Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

impl Node {
    fn fingerprint(&self) -> u64 {
        let mut fingerprint = Fingerprint(DefaultHasher::new());
        let printed = write!(
            fingerprint,
            "{:?} {:?} {} {:?}",
            self.observer, self.ledger, self.looked, self.position
        );
        assert!(printed.is_ok(), "a hasher takes everything");
        fingerprint.0.finish()
    }

    fn step(&mut self, step: Move) {
        let evidence = &mut self.observer.evidence;
        let described = evidence.writers.describe(step, &evidence.world);
        evidence.step(step);
        self.path = Some(Rc::new(Trail {
            before: self.path.take(),
            what: What::Move(described),
        }));
    }

    fn visible(&self) -> u64 {
        self.observer.evidence.world.visible()
    }

    fn look(
        &mut self,
        plan: Vec<Interruption>,
        scenario: &Scenario,
    ) -> Result<Seen<Look>, Failure> {
        let before = self.visible();
        let evidence = &mut self.observer.evidence;
        evidence.calls.clear();
        evidence.plan = plan;
        let now = Duration::from_nanos(evidence.world.now);
        let look = self.observer.look(now);
        let evidence = &mut self.observer.evidence;
        let plan = std::mem::take(&mut evidence.plan);
        let plan = plan.into_iter();
        let plan = plan.map(|(call, moves)| (evidence.calls[call], moves));
        let plan = plan.collect();
        self.looked = true;
        self.path = Some(Rc::new(Trail {
            before: self.path.take(),
            what: What::Look {
                interruptions: plan,
                calls: self.observer.evidence.calls.clone(),
                look: format!("{look:?}"),
            },
        }));
        let (after, settled) = (self.visible(), self.observer.is_settled());
        self.ledger
            .enter(&look, (before, after), settled, &scenario.forgiven)
            .map_err(|what| self.fails(what))?;
        self.compare_positions()?;
        Ok(look)
    }

    /// Another observer, as after a restart, compares what it sees with the position of this one: it may be silent only
    /// if nothing was committed since.
    fn compare_positions(&mut self) -> Result<(), Failure> {
        let Some((position, seen)) = self.position else {
            // Of a copy: what it asks is no part of the look.
            let standing = self.observer.clone().standing(FILE);
            if standing != Standing::Unknown {
                self.position = Some((standing, self.visible()));
            }
            return Ok(());
        };
        let now = Duration::from_nanos(self.observer.evidence.world.now);
        let mut restarted = Observer::new(self.observer.evidence.restarted());
        // Whatever it finds is its starting state.
        let _ = restarted.look(now);
        let is_silent = restarted.standing(FILE).since(position) == Since::Nothing;
        if is_silent && self.visible() > seen {
            let what = format!("MISSED since {position:?}: {} of {seen}", self.visible());
            return Err(self.fails(what));
        }
        Ok(())
    }

    /// The writer is done: looks until nothing more comes.
    fn finish(mut self, scenario: &Scenario) -> Result<(), Failure> {
        let mut quiet = 0;
        for _ in 0..40 {
            self.observer.evidence.world.now += 40_000_000;
            match self.look(Vec::new(), scenario)? {
                Ok(Look::Same) => quiet += 1,
                _ => quiet = 0,
            }
            if quiet == 2 {
                break;
            }
        }
        let world = &self.observer.evidence.world;
        let is_hot = world.lock == LockState::Free && world.is_journal_hot();
        if quiet < 2 && !is_hot && world.lock != LockState::Held {
            return Err(self.fails("never quiet".to_owned()));
        }
        // Until a hot journal is played back, the counter may be its own or that of the commit before; and of a lock
        // that was kept, any number of commits may have come before it.
        let hidden = match (is_hot && quiet < 2, scenario.counts) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => u64::MAX,
        };
        self.ledger
            .close(self.visible(), hidden, scenario.counts)
            .map_err(|what| self.fails(what))
    }

    fn fails(&self, what: String) -> Failure {
        Failure {
            what,
            trail: self.path.clone(),
        }
    }
}

impl Failure {
    /// The schedule: each look, the moves before it, and where it was interrupted.
    pub(super) fn describe(&self) -> String {
        let mut trails = Vec::new();
        let mut next = self.trail.as_ref();
        while let Some(trail) = next {
            trails.push(trail);
            next = trail.before.as_ref();
        }
        let mut lines = Vec::new();
        for trail in trails.into_iter().rev() {
            match &trail.what {
                What::Move(described) => lines.push(format!("    {described}")),
                What::Look {
                    interruptions,
                    calls,
                    look,
                } => {
                    lines.push(format!("  look -> {look} {calls:?}"));
                    for (call, moves) in interruptions {
                        lines.push(format!("    before {call}: {moves:?}"));
                    }
                }
            }
        }
        lines.join("\n")
    }
}
