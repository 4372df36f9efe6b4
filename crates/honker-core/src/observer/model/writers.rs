//! Who moves: one writer with a script of steps, or several that each follow SQLite's rules.

use super::cast::{Cast, Move};
use super::simulated::Simulated;
use super::step::Step;
use super::world::World;
use std::fmt;
use std::rc::Rc;

#[derive(Clone)]
pub(super) enum Writers {
    /// Each step in its turn.
    Script { steps: Rc<[Step]>, next: usize },
    /// In any order that their locks allow.
    Cast(Cast),
}

impl Writers {
    pub(super) fn script(steps: Vec<Step>) -> Self {
        Self::Script {
            steps: steps.into(),
            next: 0,
        }
    }

    pub(super) fn make(&mut self, step: Move, world: &mut World) {
        match self {
            Self::Script { steps, next } => {
                steps[*next].apply(world);
                *next += 1;
            }
            Self::Cast(cast) => cast.make(step, world),
        }
    }

    fn moves(&self, world: &World) -> Vec<Move> {
        match self {
            Self::Script { steps, next } if *next < steps.len() => vec![Move::Step(0)],
            Self::Script { .. } => Vec::new(),
            Self::Cast(cast) => cast.moves(world),
        }
    }

    pub(super) fn describe(&self, step: Move, world: &World) -> String {
        match self {
            Self::Script { steps, next } => format!("{next}: {:?}", steps[*next]),
            Self::Cast(cast) => cast.describe(step, world),
        }
    }
}

impl Simulated {
    /// What may happen next.
    pub(super) fn moves(&self) -> Vec<Move> {
        self.writers.moves(&self.world)
    }

    /// What may happen in a row, from here: up to `reach` moves.
    pub(super) fn sequences(&self, reach: usize) -> Vec<Vec<Move>> {
        if let Writers::Script { steps, next } = &self.writers {
            let left = steps.len() - next;
            return (1..=left.min(reach))
                .map(|moves| vec![Move::Step(0); moves])
                .collect();
        }
        let mut all = Vec::new();
        let mut unfinished = vec![(self.clone(), Vec::new())];
        while let Some((before, moves)) = unfinished.pop() {
            if moves.len() == reach {
                continue;
            }
            for next in before.moves() {
                let mut after = before.clone();
                after.step(next);
                let mut longer = moves.clone();
                longer.push(next);
                all.push(longer.clone());
                unfinished.push((after, longer));
            }
        }
        all
    }

    /// Those of `sequences` that are left for a further interruption of a look, after `done` moves in it.
    pub(super) fn further<'a>(
        &self,
        sequences: &'a [Vec<Move>],
        done: usize,
    ) -> impl Iterator<Item = &'a [Move]> + use<'a> {
        let (script, left) = match &self.writers {
            Writers::Script { steps, next } => (true, steps.len() - next),
            Writers::Cast(_) => (false, usize::MAX),
        };
        sequences
            .iter()
            .map(Vec::as_slice)
            // Of a script what was possible first is possible later too, as long as there is enough of it; of several
            // writers only in the first interruption.
            .filter(move |moves| moves.len() <= left && (script || done == 0))
    }
}

/// What tells two situations apart: not the script.
impl fmt::Debug for Writers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script { next, .. } => write!(f, "{next}"),
            Self::Cast(cast) => write!(f, "{cast:?}"),
        }
    }
}
