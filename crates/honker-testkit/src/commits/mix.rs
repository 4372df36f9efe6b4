//! Choosing steps at random.

use std::path::{Path, PathBuf};

use super::{Step, changes, files, quiet, schema};
use crate::journal::{JournalMode, Synchronous};
use crate::random::Rng;
use crate::writer::Writer;

/// A kind of step.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    name: &'static str,
    /// How often, compared with the others.
    weight: u32,
    make: Make,
}

#[derive(Clone, Copy)]
enum Make {
    Always(fn(&mut Mix) -> Step),
    Sometimes(fn(&mut Mix) -> Option<Step>),
}

impl Kind {
    pub(super) const fn always(
        name: &'static str,
        weight: u32,
        make: fn(&mut Mix) -> Step,
    ) -> Self {
        let make = Make::Always(make);
        Self { name, weight, make }
    }

    /// A kind that does not always fit: there may be no table to drop, or no journal to roll back with.
    pub(super) const fn sometimes(
        name: &'static str,
        weight: u32,
        make: fn(&mut Mix) -> Option<Step>,
    ) -> Self {
        let make = Make::Sometimes(make);
        Self { name, weight, make }
    }
}

/// An endless, random sequence of steps on one database and, sometimes, an attached one.
///
/// It keeps account of the rows and tables that its steps make, so run every step, in order, exactly once.
#[derive(Debug)]
pub struct Mix {
    pub(super) rng: Rng,
    pub(super) mode: JournalMode,
    pub(super) synchronous: Synchronous,
    pub(super) attached: PathBuf,
    /// The rows of `item` that may be deleted.
    pub(super) rows: Vec<i64>,
    /// The extra tables that exist now.
    pub(super) tables: Vec<u64>,
    /// The indexes of extra tables that exist now.
    pub(super) indexes: Vec<u64>,
    /// Numbers that were not used before.
    last: u64,
}

impl Mix {
    /// Makes the tables in `main` and in `attached` (a second database, in the same journal mode), each with a
    /// process of its own, and gives the steps for them.
    pub fn create(
        rng: Rng,
        main: &Path,
        attached: &Path,
        mode: JournalMode,
        synchronous: Synchronous,
    ) -> Self {
        for path in [main, attached] {
            let mut writer = Writer::spawn();
            let conn = writer.open_in(path, mode, synchronous);
            writer
                .exec(conn, schema::CREATE)
                .expect("the tables can be made");
            writer.close(conn);
            writer.finish();
        }
        Self {
            rng,
            mode,
            synchronous,
            attached: attached.to_owned(),
            rows: Vec::new(),
            tables: Vec::new(),
            indexes: Vec::new(),
            last: 1000,
        }
    }

    /// The next step, at random.
    pub fn next_step(&mut self) -> Step {
        let kinds: Vec<&Kind> = kinds().collect();
        let total = kinds.iter().map(|kind| kind.weight).sum();
        loop {
            let mut choice = self.rng.u32(0..total);
            let kind = kinds.iter().find(|kind| {
                let found = choice < kind.weight;
                choice = choice.saturating_sub(kind.weight);
                found
            });
            if let Some(step) = kind.and_then(|kind| self.make(kind)) {
                return step;
            }
        }
    }

    /// One step of each kind that this journal mode allows, in a fixed order: nothing is left to chance.
    pub fn each_kind(&mut self) -> Vec<Step> {
        kinds().filter_map(|kind| self.make(kind)).collect()
    }

    /// The names of all kinds.
    pub fn names() -> Vec<&'static str> {
        kinds().map(|kind| kind.name).collect()
    }

    fn make(&mut self, kind: &Kind) -> Option<Step> {
        let step = match kind.make {
            Make::Always(make) => make(self),
            Make::Sometimes(make) => make(self)?,
        };
        let name = kind.name;
        Some(Step { name, ..step })
    }

    /// A number that was not used before, so that a change is never one to the same value.
    pub(super) fn fresh(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Whether a transaction can be undone: without a journal SQLite leaves that undefined.
    pub(super) fn can_undo(&self) -> bool {
        self.mode != JournalMode::Off
    }
}

impl Iterator for Mix {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        Some(self.next_step())
    }
}

fn kinds() -> impl Iterator<Item = &'static Kind> {
    [changes::KINDS, files::KINDS, quiet::KINDS]
        .into_iter()
        .flatten()
}
