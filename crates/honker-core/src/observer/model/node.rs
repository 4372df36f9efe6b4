//! One situation: what has happened to a database, what was seen of it, and what was said.

use super::super::evidence::Seen;
use super::super::lock::LockState;
use super::super::standing::{Since, Standing};
use super::super::{Look, Observer};
use super::cast::Move;
use super::explore::{Scenario, Setting};
use super::ledger::Ledger;
use super::simulated::{Interruption, Simulated};
use super::writers::Writers;
use crate::identity::Identity;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;
use std::time::Duration;

#[derive(Clone)]
pub(super) struct Node {
    pub(super) observer: Observer<Simulated>,
    pub(super) ledger: Ledger,
    pub(super) looked: bool,
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

/// Hashes what is printed, so that nothing of it has to be `Hash`, without keeping it.
struct Fingerprint(DefaultHasher);

impl fmt::Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

impl Node {
    /// Before anything has happened.
    pub(super) fn start(scenario: &Scenario, setting: Setting) -> Self {
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
        Self {
            observer,
            ledger,
            looked: false,
            position: None,
            path: None,
        }
    }

    pub(super) fn fingerprint(&self) -> u64 {
        let mut fingerprint = Fingerprint(DefaultHasher::new());
        let printed = write!(
            fingerprint,
            "{:?} {:?} {} {:?}",
            self.observer, self.ledger, self.looked, self.position
        );
        assert!(printed.is_ok(), "a hasher takes everything");
        fingerprint.0.finish()
    }

    pub(super) fn step(&mut self, step: Move) {
        let evidence = &mut self.observer.evidence;
        let described = evidence.writers.describe(step, &evidence.world);
        evidence.step(step);
        self.path = Some(Rc::new(Trail {
            before: self.path.take(),
            what: What::Move(described),
        }));
    }

    pub(super) fn visible(&self) -> u64 {
        self.observer.evidence.world.visible()
    }

    pub(super) fn look(
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
        let plan = plan.map(|(call, moves)| (*evidence.calls.get(call).unwrap_or(&"none"), moves));
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
    pub(super) fn finish(mut self, scenario: &Scenario) -> Result<(), Failure> {
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
        self.check(quiet < 2, scenario)
    }

    /// Nothing is missing of what could be told by now.
    pub(super) fn is_told(&self, scenario: &Scenario) -> Result<(), Failure> {
        let world = &self.observer.evidence.world;
        self.check(world.is_journal_hot(), scenario)
    }

    fn check(&self, is_busy: bool, scenario: &Scenario) -> Result<(), Failure> {
        let world = &self.observer.evidence.world;
        let is_hot = world.lock == LockState::Free && world.is_journal_hot();
        if is_busy && !is_hot && world.lock != LockState::Held {
            return Err(self.fails("never quiet".to_owned()));
        }
        // Until a hot journal is played back, the counter may be its own or that of the commit before; and of a lock
        // that was kept, any number of commits may have come before it.
        let hidden = match (is_hot && is_busy, scenario.counts) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => u64::MAX,
        };
        self.ledger
            .close(self.visible(), hidden, scenario.counts)
            .map_err(|what| self.fails(what))
    }

    pub(super) fn fails(&self, what: String) -> Failure {
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
