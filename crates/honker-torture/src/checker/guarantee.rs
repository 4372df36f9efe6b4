//! The guarantees by name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What honker promises, one name a promise. `docs/reliability.md` explains each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// Every commit has a wake at or after the moment it can be read.
    NeverMisses,
    /// No wake tells commits that nobody made, beyond those that say so and are counted.
    NeverSpurious,
    /// What a wake tells can be read.
    NotEarly,
    /// Exact counts add up to the commits made.
    CountsExactly,
    /// The wake comes in time.
    Bounded,
    /// Wakes come in the order of their numbers.
    Ordered,
    /// Each inexact wake is in the statistics.
    CountsTheConservative,
    /// A watcher ends when and as it has to, and says so.
    Loud,
    /// SQLite refuses nobody anything because of a watcher.
    Harmless,
    /// The database is intact.
    Integrity,
    /// No commit that returned is gone, and no number was given twice.
    NoLostUpdate,
}

impl Guarantee {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NeverMisses,
        Self::NeverSpurious,
        Self::NotEarly,
        Self::CountsExactly,
        Self::Bounded,
        Self::Ordered,
        Self::CountsTheConservative,
        Self::Loud,
        Self::Harmless,
        Self::Integrity,
        Self::NoLostUpdate,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NeverMisses => "never-misses",
            Self::NeverSpurious => "never-spurious",
            Self::NotEarly => "not-early",
            Self::CountsExactly => "counts-exactly",
            Self::Bounded => "bounded",
            Self::Ordered => "ordered",
            Self::CountsTheConservative => "counts-the-conservative",
            Self::Loud => "loud",
            Self::Harmless => "harmless",
            Self::Integrity => "integrity",
            Self::NoLostUpdate => "no-lost-update",
        }
    }
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A guarantee that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Which one.
    pub guarantee: Guarantee,
    /// By which subscription.
    pub sub: u64,
    /// When, by `CLOCK_MONOTONIC`; 0 if that has no time.
    pub ns: u64,
    /// How.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            guarantee,
            sub,
            ns,
            what,
        } = self;
        write!(f, "{guarantee}: {what} (subscription {sub}, at {ns} ns)")
    }
}
