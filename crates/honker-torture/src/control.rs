//! What a round and its watcher processes say to each other: one JSON object a line, one answer an order.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::backend::Backend;

/// How a watcher process is to watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watching {
    /// The database.
    pub database: PathBuf,
    /// Where it writes down what it is told.
    pub log: PathBuf,
    /// The backend.
    pub backend: Backend,
    /// What it does after a wake.
    pub reading: Reading,
    /// Whether it survives a replacement.
    pub follow: bool,
    /// How many more subscriptions there are, which come, go and dawdle.
    pub crowd: usize,
    /// A directory of further databases, each of which it watches.
    pub others: Option<PathBuf>,
    /// Whether it has limits of inotify for itself.
    pub own_limits: bool,
}

/// What a subscriber does after a wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Nothing: no connection is in anybody's way.
    Nothing,
    /// It reads the counter through a connection that stays.
    Kept,
    /// It reads the counter through a connection that it opens and closes.
    Reopened,
}

/// An order to a watcher process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Asks how it is.
    State {},
    /// Lets no further descriptor be opened, or as many as before.
    Descriptors {
        /// Whether they are used up.
        used_up: bool,
    },
    /// Lets no further inotify watch be had, or as many as a namespace allows at first.
    InotifyWatches {
        /// Whether they are used up.
        used_up: bool,
    },
    /// Forks so many children, which are refused what they inherited.
    Fork {
        /// How many.
        children: u32,
    },
    /// Listens until nothing more can come, and ends.
    Finish {
        /// When the last commit began; 0 if there was none.
        last_began_ns: u64,
        /// How long to wait for its wake.
        within_ms: u64,
    },
}

/// How a watcher process is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Wakes that its first subscription was told.
    pub wakes: u64,
    /// Among them, those of kind `Replaced`.
    pub replaced: u64,
    /// The error that ended it.
    pub died: Option<String>,
    /// Looks so far.
    pub looks: u64,
    /// Looks that had to be taken again.
    pub busy_looks: u64,
    /// Whether it polls although it was to have events.
    pub fell_back: bool,
    /// Queue overflows so far.
    pub overflows: u64,
    /// What went wrong with the order.
    pub problem: Option<String>,
    /// Wakes of each further database.
    pub others: Vec<u64>,
}
