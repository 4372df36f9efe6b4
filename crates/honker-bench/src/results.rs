//! What was measured, as it is written to a file.

use std::fs;
use std::path::Path;

use honker_testkit::{JournalMode, Synchronous};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contender::Name;
pub use crate::machine::Machine;
pub use crate::spread::Spread;

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The shape of this file.
    pub version: u32,
    /// `full`, `quick` or `tiny`.
    pub plan: String,
    /// When it ended, in UTC.
    pub ended: String,
    /// How long it took.
    pub seconds: f64,
    /// What it was measured on.
    pub machine: Machine,
    /// From a commit to the subscriber.
    pub latency: Vec<Cell<Stream, Latency>>,
    /// What it costs to watch databases that nobody writes to.
    pub idle: Vec<Cell<Crowd, Idle>>,
    /// What is left of a writer's throughput.
    pub storm: Vec<Cell<Mode, Storm>>,
    /// What a writer that waits for nothing runs into.
    pub interference: Vec<Cell<Mode, Interference>>,
    /// Wakes that should have been, and that should not.
    pub correctness: Vec<Cell<Mode, Correctness>>,
    /// From a commit to the first and the last of many subscribers.
    pub fan_out: Vec<Cell<Fan, FanOut>>,
    /// What one look costs.
    pub look: Vec<Look>,
}

/// The shape that [`Results`] have now.
pub const VERSION: u32 = 1;

impl Results {
    /// Those of no run.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            version: VERSION,
            plan: String::new(),
            ended: String::new(),
            seconds: 0.0,
            machine: Machine::default(),
            latency: Vec::new(),
            idle: Vec::new(),
            storm: Vec::new(),
            interference: Vec::new(),
            correctness: Vec::new(),
            fan_out: Vec::new(),
            look: Vec::new(),
        }
    }

    /// Reads them from a file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or has another shape.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path);
        let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Writes them to a file, and makes its directory.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let text = self.lines().map_err(|error| error.to_string())?;
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|error| error.to_string())?;
        }
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// JSON with a line for each cell, so that a file of them can be compared with another.
    fn lines(&self) -> serde_json::Result<String> {
        let Value::Object(parts) = serde_json::to_value(self)? else {
            return serde_json::to_string(self);
        };
        let mut lines = Vec::new();
        for (name, part) in parts {
            let Value::Array(cells) = part else {
                lines.push(format!("{name:?}: {part}"));
                continue;
            };
            let cells: Vec<String> = cells.iter().map(Value::to_string).collect();
            lines.push(format!("{name:?}: [\n{}\n]", cells.join(",\n")));
        }
        Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
    }

    /// The latency of a contender under a stream.
    #[must_use]
    pub fn latency(&self, name: Name, stream: &Stream) -> Option<&Latency> {
        found(&self.latency, name, stream)
    }

    /// What a contender costs beside idle databases.
    #[must_use]
    pub fn idle(&self, name: Name, crowd: Crowd) -> Option<&Idle> {
        found(&self.idle, name, &crowd)
    }

    /// What a contender leaves of a writer's throughput.
    #[must_use]
    pub fn storm(&self, name: Name, mode: JournalMode) -> Option<&Storm> {
        found(&self.storm, name, &Mode { mode })
    }

    /// What a writer runs into beside a contender.
    #[must_use]
    pub fn interference(&self, name: Name, mode: JournalMode) -> Option<&Interference> {
        found(&self.interference, name, &Mode { mode })
    }

    /// Which wakes of a contender were wrong.
    #[must_use]
    pub fn correctness(&self, name: Name, mode: JournalMode) -> Option<&Correctness> {
        found(&self.correctness, name, &Mode { mode })
    }
}

fn found<'c, S: PartialEq, M>(cells: &'c [Cell<S, M>], name: Name, setting: &S) -> Option<&'c M> {
    let of = |cell: &&Cell<S, M>| cell.contender == name && cell.setting == *setting;
    cells.iter().find(of)?.measured.as_ref()
}

/// One contender in one setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell<S, M> {
    /// Which.
    pub contender: Name,
    /// In what.
    pub setting: S,
    /// The figures, if there are any.
    pub measured: Option<M>,
    /// What went wrong in some repeats, or in all.
    pub failures: Vec<String>,
}

/// How commits come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// The journal mode.
    pub mode: JournalMode,
    /// How far a commit waits for the disk.
    pub synchronous: Synchronous,
    /// Their rhythm.
    pub rhythm: Rhythm,
}

/// When a writer commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// One commit each so many microseconds.
    EachUs(u64),
    /// So many commits without a pause, each 50 ms.
    BurstsOf(u64),
    /// Without a pause.
    Saturated,
}

/// From a commit to the subscriber.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Over all repeats.
    pub commits: u64,
    /// From the return of the commit; 0 where the subscriber ran before that.
    pub p50_us: Spread,
    /// The same.
    pub p99_us: Spread,
    /// The same, over all repeats.
    pub max_us: f64,
    /// From the start of the insert.
    pub from_start_p50_us: Spread,
    /// The same.
    pub from_start_p99_us: Spread,
    /// How long the insert itself took.
    pub insert_p50_us: Spread,
    /// Share of commits whose subscriber ran before the writer knew that it had committed.
    pub before_return: f64,
    /// Share of commits that were seen after the next one had begun.
    pub after_the_next: f64,
    /// Commits that were not seen within half a second after the last one.
    pub unseen: u64,
    /// Repeats whose last commit was among those.
    pub tails_unseen: u64,
    /// Wakes for each commit.
    pub wakes_a_commit: f64,
    /// Wakes after which there was nothing new to read.
    pub needless: u64,
    /// Processor time of the contender's process, in ms a second.
    pub cpu_ms_a_s: Spread,
    /// Shares of commits, and the microseconds from their return within which they were seen.
    pub distribution: Vec<(f64, f64)>,
}

/// Very many databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowd {
    /// Their journal mode.
    pub mode: JournalMode,
    /// How many.
    pub databases: usize,
}

/// Beside idle databases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Idle {
    /// Whether an application had all of them open.
    pub are_open: bool,
    /// Opening and subscribing.
    pub open_ms: Spread,
    /// Closing.
    pub close_ms: Spread,
    /// Processor time, in ms a second.
    pub cpu_ms_a_s: Spread,
    /// How often a thread of the process was woken, a second.
    pub wake_ups_a_s: Spread,
    /// Time from one look at the first database to the next, where looks are counted.
    pub look_each_ms: Option<f64>,
    /// Threads of the process.
    pub threads: u64,
    /// Descriptors of the process.
    pub descriptors: u64,
    /// Resident memory of the process, in MiB.
    pub rss_mib: f64,
    /// From the return of one commit, to one of them, to the subscriber.
    pub p50_us: Spread,
    /// The same, over all repeats.
    pub max_us: f64,
    /// Commits after which nobody was woken within the deadline.
    pub unseen: u64,
}

/// A journal mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// Which.
    pub mode: JournalMode,
}

/// A writer that never rests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Storm {
    /// Its throughput as a share of that just before or after, unwatched.
    pub kept: Spread,
    /// Its throughput, watched.
    pub commits_a_s: Spread,
    /// Wakes for each commit.
    pub wakes_a_commit: f64,
    /// Processor time of the contender's process, in ms a second.
    pub cpu_ms_a_s: Spread,
}

/// A writer with `busy_timeout=0`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interference {
    /// Commits that it tried.
    pub tried: u64,
    /// Of those, answered with SQLITE_BUSY.
    pub busy: u64,
    /// Checkpoints that it tried (`TRUNCATE`; in WAL only).
    pub checkpoints: u64,
    /// Of those, answered with "busy".
    pub checkpoints_busy: u64,
}

/// Wakes that should have been, and that should not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correctness {
    /// Commits, 2 ms apart, with `synchronous=FULL`.
    pub commits: u64,
    /// Of those, not seen by any read within half a second after the last.
    pub missed: u64,
    /// Repeats, and those in which the last commit was among the missed.
    pub repeats: u64,
    /// See there.
    pub tails_unseen: u64,
    /// Rollbacks, checkpoints and reads.
    pub not_commits: u64,
    /// Wakes that they made.
    pub spurious: u64,
    /// Commits to another database in the same directory.
    pub neighbours_commits: u64,
    /// Wakes that they made.
    pub neighbours_wakes: u64,
}

/// Many subscribers of one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fan {
    /// How many.
    pub subscribers: usize,
    /// Async tasks on one thread; if not, a thread each.
    pub tasks: bool,
}

/// From a commit's return.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FanOut {
    /// To the first of the subscribers.
    pub first_us: Spread,
    /// To the last of them.
    pub last_us: Spread,
    /// Subscribers that were not woken within the deadline.
    pub unwoken: u64,
    /// Resident memory of the process, in MiB.
    pub rss_mib: f64,
}

/// One look at an idle database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// How it looks.
    pub way: String,
    /// In which mode.
    pub mode: JournalMode,
    /// What it takes.
    pub ns: Spread,
    /// Instructions in user space, as valgrind counts them, if it is there.
    pub instructions: Option<f64>,
}
