//! What a subscriber was told, as its process writes it down: one JSON object a line.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A line of a watcher's log. `sub` is the subscription it is about; 0 is the one that lives as long as the watcher.
/// All times are `CLOCK_MONOTONIC` in nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// Subscribed, between these two times.
    Began {
        /// The subscription.
        sub: u64,
        /// Just before it was asked for.
        before_ns: u64,
        /// Just after it was there.
        after_ns: u64,
    },
    /// A wake.
    Wake {
        /// The subscription.
        sub: u64,
        /// What it told.
        wake: Wake,
    },
    /// Nothing more was told, or could be.
    Ended {
        /// The subscription.
        sub: u64,
        /// Up to when it was listened to.
        ns: u64,
        /// The error that ended it; `None` if it was dropped.
        died: Option<String>,
        /// Whether it was listened to until nothing more could come.
        #[serde(default)]
        settled: bool,
    },
    /// What the watcher says of itself, once, at the end.
    Statistics(Statistics),
}

/// One wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// When it came.
    pub ns: u64,
    /// Its number.
    pub seq: u64,
    /// The commits it stands for.
    pub commits: u64,
    /// Whether that number is exact.
    pub exact: bool,
    /// What it tells.
    pub kind: Kind,
    /// The counter that a read right after it saw, if it read and was not refused.
    pub read: Option<u64>,
    /// When the subscriber was done with it, and ready for the next one.
    pub done_ns: u64,
}

/// `UpdateKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something was committed.
    Commit,
    /// The file was replaced.
    Replaced,
    /// Nothing was committed.
    Idle,
}

/// `Stats`, as far as it is judged or reported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The backend that was asked for.
    pub requested: String,
    /// The backend that ran.
    pub effective: String,
    /// Why they differ.
    pub fallback: Option<String>,
    /// Looks at the database.
    pub looks: u64,
    /// Wakes made.
    pub wakes: u64,
    /// Commits in them.
    pub commits: u64,
    /// Wakes that were not exact, by reason.
    pub conservative: BTreeMap<String, u64>,
    /// Replacements that were followed.
    pub replacements: u64,
    /// Queue overflows.
    pub overflows: u64,
    /// Storms.
    pub storms: u64,
    /// Sweeps that found something.
    pub sweeps_found: u64,
}

impl Statistics {
    /// Wakes that were counted as not exact, whatever the reason.
    pub fn inexact(&self) -> u64 {
        self.conservative.values().sum()
    }
}

/// One subscription, from its beginning to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscription {
    /// Its number within the watcher.
    pub sub: u64,
    /// Just before it was asked for.
    pub before_ns: u64,
    /// Just after it was there.
    pub after_ns: u64,
    /// Its wakes, in the order they came.
    pub wakes: Vec<Wake>,
    /// Up to when it was listened to; `None` if the process did not come to say so.
    pub ended_ns: Option<u64>,
    /// The error that ended it.
    pub died: Option<String>,
    /// Whether it was listened to until nothing more could come.
    pub settled: bool,
}

/// Everything that one watcher process wrote down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Its subscriptions, by number.
    pub subscriptions: BTreeMap<u64, Subscription>,
    /// What it said of itself; `None` if it did not come to that.
    pub statistics: Option<Statistics>,
}

impl Told {
    /// Reads a log.
    ///
    /// # Panics
    /// If it holds anything but whole lines, which only a watcher that was killed leaves.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut told = Self::default();
        for line in fs::read_to_string(path)?.lines() {
            let record = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}: {error} in {line}", path.display()));
            told.add(record);
        }
        Ok(told)
    }

    /// Adds a line.
    pub fn add(&mut self, record: Record) {
        match record {
            Record::Began {
                sub,
                before_ns,
                after_ns,
            } => {
                let subscription = self.subscription(sub);
                subscription.before_ns = before_ns;
                subscription.after_ns = after_ns;
            }
            Record::Wake { sub, wake } => self.subscription(sub).wakes.push(wake),
            Record::Ended {
                sub,
                ns,
                died,
                settled,
            } => {
                let subscription = self.subscription(sub);
                subscription.ended_ns = Some(ns);
                subscription.died = died;
                subscription.settled = settled;
            }
            Record::Statistics(statistics) => self.statistics = Some(statistics),
        }
    }

    fn subscription(&mut self, sub: u64) -> &mut Subscription {
        let subscription = self.subscriptions.entry(sub).or_default();
        subscription.sub = sub;
        subscription
    }
}
