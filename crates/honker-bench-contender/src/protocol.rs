//! What the bench and a contender's process say to each other: one JSON object a line, one answer a command.
//!
//! All times are `CLOCK_MONOTONIC` in nanoseconds, so they compare across processes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A command of the bench. Databases have numbers from 0, in the order in which they were given.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Watches databases and subscribes to each once. Answered with [`Reply::Watching`].
    Watch {
        /// Their files.
        databases: Vec<PathBuf>,
    },
    /// Starts a thread a subscription that waits in a loop and records its wakes.
    Run {
        /// Whether each wake reads the database, as an application does, and records what it saw.
        reads: bool,
    },
    /// What was recorded since the last time.
    Wakes {},
    /// Waits on the subscription of this database, in the thread that answers. Without [`Command::Run`] only.
    Wait {
        /// Its number.
        database: usize,
        /// The answer comes after so many milliseconds.
        within_ms: u64,
        /// Or with the first wake.
        first: bool,
    },
    /// Adds subscribers to the first database, which all note when they ran.
    Fan {
        /// How many.
        subscribers: usize,
        /// Async tasks instead of threads.
        tasks: bool,
    },
    /// Waits until they all were woken since then, and a moment longer.
    FanWait {
        /// Since when.
        since_ns: u64,
        /// The answer comes after so many milliseconds at the latest.
        within_ms: u64,
    },
    /// What the process has used so far. Answered with [`Reply::Used`].
    Usage {},
    /// What the process holds, which takes longer to find out. Answered with [`Reply::Held`].
    Holdings {},
    /// Stops watching. Without [`Command::Run`] only.
    Close {},
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// It is watched.
    Watching {
        /// How long opening and subscribing took.
        took_ns: u64,
    },
    /// The command was carried out.
    Done {
        /// How long that took.
        took_ns: u64,
    },
    /// Wakes so far.
    Wakes {
        /// In the order in which each database had them.
        wakes: Vec<Wake>,
        /// Subscriptions that ended, and why.
        ended: Vec<String>,
    },
    /// A wait is over.
    Woken {
        /// The wakes that there were, each with what was then read.
        wakes: Vec<Wake>,
    },
    /// A fan-out is over.
    Fanned {
        /// How many were not woken.
        unwoken: usize,
        /// When the first ran, if any did. Of one that was woken more than once its last time counts.
        first_ns: Option<u64>,
        /// The same of the last.
        last_ns: Option<u64>,
    },
    /// See [`Command::Usage`].
    Used(Usage),
    /// See [`Command::Holdings`].
    Held(Holdings),
    /// It cannot be done, and why.
    Refused {
        /// For people.
        reason: String,
    },
}

/// One wake of one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// The database's number.
    pub database: usize,
    /// When the subscriber ran.
    pub ns: u64,
    /// How many commits it was told; 1 where that is not told.
    pub commits: u64,
    /// The highest id that it then read, if it reads.
    pub saw: i64,
    /// When it had read.
    pub read_ns: u64,
}

/// What a process has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// When this was read.
    pub at_ns: u64,
    /// Processor time of all its threads.
    pub cpu_ns: u64,
    /// How often one of its threads went to sleep and was woken.
    pub wake_ups: u64,
    /// Looks at the first database, where they are counted.
    pub looks: Option<u64>,
}

/// What a process holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    /// Threads.
    pub threads: u64,
    /// Open descriptors, in all descriptor tables of the process.
    pub descriptors: u64,
    /// Resident memory in bytes.
    pub rss_bytes: u64,
}
