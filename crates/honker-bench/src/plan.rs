//! What is measured, how often and for how long.

use std::time::Duration;

use honker_testkit::{JournalMode, Synchronous};

use crate::contender::Name;
use crate::results::{Crowd, Fan, Mode, Rhythm, Stream};

/// 5 ms, and a little: so that commits meet the ticks of those who poll at every phase.
pub const PACE_US: u64 = 5037;
/// Where a commit waits for the disk with the database locked: so that it has an end before the next.
const SLOW_PACE_US: u64 = 20_037;
/// The setting of most applications, and of the headline.
pub const USUAL: Stream = Stream {
    mode: JournalMode::Wal,
    synchronous: Synchronous::Normal,
    rhythm: Rhythm::EachUs(PACE_US),
};
/// More threads than this are not fair to the machine: a contender that needs one a database is measured up to here.
pub const MOST_THREADS: usize = 1000;

/// One setting: who is measured in it, and how often.
#[derive(Clone, Debug)]
pub struct Series<S> {
    /// The setting.
    pub setting: S,
    /// Measured by turns.
    pub contenders: Vec<Name>,
    /// How often each.
    pub repeats: usize,
}

/// Everything that one run measures.
#[derive(Clone, Debug)]
pub struct Plan {
    /// `full`, `quick` or `tiny`.
    pub name: &'static str,
    /// No repeat but the first begins after so long.
    pub within: Duration,
    /// See [`crate::results::Latency`].
    pub latency: Vec<Series<Stream>>,
    /// How long one repeat of a stream takes.
    pub stream_for: Duration,
    /// See [`crate::results::Idle`].
    pub idle: Vec<Series<Crowd>>,
    /// When a database that nobody writes to counts as idle.
    pub idle_after: Duration,
    /// How long idle databases are watched.
    pub idle_for: Duration,
    /// Commits among them.
    pub idle_commits: usize,
    /// See [`crate::results::Storm`].
    pub storm: Vec<Series<Mode>>,
    /// Each repeat writes for so long unwatched, and for so long watched.
    pub storm_for: Duration,
    /// See [`crate::results::Interference`].
    pub interference: Vec<Series<Mode>>,
    /// How long an impatient writer writes.
    pub interference_for: Duration,
    /// See [`crate::results::Correctness`].
    pub correctness: Vec<Series<Mode>>,
    /// Of each kind: commits, neighbours' commits, rollbacks.
    pub correctness_commits: u64,
    /// See [`crate::results::FanOut`].
    pub fan_out: Vec<Series<Fan>>,
    /// Commits for each repeat of a fan-out.
    pub fan_out_commits: usize,
    /// Repeats of so many looks.
    pub looks: (usize, u64),
    /// Whether valgrind counts instructions, where it is installed.
    pub counts_instructions: bool,
}

const MODES: [JournalMode; 2] = [JournalMode::Wal, JournalMode::Delete];

impl Plan {
    /// Some minutes.
    #[must_use]
    pub fn full() -> Self {
        let mut latency = vec![stream(USUAL, 5)];
        for mode in MODES {
            for synchronous in Synchronous::ALL {
                let setting = paced(mode, synchronous);
                if setting != USUAL {
                    latency.push(few(stream(setting, 2)));
                }
            }
        }
        for rhythm in [
            Rhythm::EachUs(1009),
            Rhythm::EachUs(211),
            Rhythm::Saturated,
            Rhythm::BurstsOf(10),
        ] {
            latency.push(few(stream(Stream { rhythm, ..USUAL }, 2)));
        }
        Self {
            name: "full",
            within: Duration::from_mins(7),
            latency,
            stream_for: Duration::from_millis(600),
            idle: crowds(&[(1, 3), (10, 1), (100, 2), (1000, 1), (10_000, 1)]),
            idle_after: Duration::from_millis(1100),
            idle_for: Duration::from_millis(1200),
            idle_commits: 8,
            storm: modes(6),
            storm_for: Duration::from_millis(200),
            interference: modes(2),
            interference_for: Duration::from_millis(500),
            correctness: modes(1),
            correctness_commits: 50,
            fan_out: fans(&[1, 10, 1000], &[1, 10, 1000, 100_000], 1),
            fan_out_commits: 10,
            looks: (5, 20_000),
            counts_instructions: true,
        }
    }

    /// A minute or two: the same shape with fewer settings and repeats.
    #[must_use]
    pub fn quick() -> Self {
        let delete = paced(JournalMode::Delete, Synchronous::Normal);
        let mut quick = Self {
            name: "quick",
            within: Duration::from_mins(1),
            latency: vec![stream(USUAL, 2), few(stream(delete, 1))],
            stream_for: Duration::from_millis(300),
            idle: crowds(&[(1, 1), (100, 1)]),
            idle_after: Duration::from_millis(1100),
            idle_for: Duration::from_millis(500),
            idle_commits: 4,
            storm: modes(1),
            storm_for: Duration::from_millis(150),
            interference: modes(1),
            interference_for: Duration::from_millis(100),
            correctness: modes(1),
            correctness_commits: 10,
            fan_out: fans(&[1, 100], &[1000], 1),
            fan_out_commits: 4,
            looks: (3, 5000),
            counts_instructions: false,
        };
        let most = |name: &Name| !matches!(name, Name::Auto | Name::Header);
        let most: Vec<Name> = Name::ALL.into_iter().filter(most).collect();
        quick.idle.retain(|series| series.setting.mode.is_wal());
        only(&mut quick.idle, &most);
        only(&mut quick.storm, &most);
        only(&mut quick.interference, &most);
        only(&mut quick.correctness, &most);
        quick
    }

    /// Seconds: only to show that everything works.
    #[must_use]
    pub fn tiny() -> Self {
        let mut tiny = Self {
            name: "tiny",
            stream_for: Duration::from_millis(50),
            idle: crowds(&[(1, 1), (3, 1)]),
            idle_after: Duration::from_millis(40),
            idle_for: Duration::from_millis(120),
            idle_commits: 1,
            storm_for: Duration::from_millis(40),
            interference_for: Duration::from_millis(30),
            correctness_commits: 3,
            fan_out: fans(&[2], &[10], 1),
            fan_out_commits: 1,
            looks: (2, 100),
            ..Self::quick()
        };
        tiny.latency = vec![stream(USUAL, 1)];
        tiny.of(&[Name::Floor, Name::Kernel, Name::DataVersion])
    }

    /// The same with these contenders only.
    #[must_use]
    pub fn of(mut self, contenders: &[Name]) -> Self {
        only(&mut self.latency, contenders);
        only(&mut self.idle, contenders);
        only(&mut self.storm, contenders);
        only(&mut self.interference, contenders);
        only(&mut self.correctness, contenders);
        only(&mut self.fan_out, contenders);
        self
    }

    /// The same with these workloads only, by the names that they have in the results.
    #[must_use]
    pub fn with(mut self, workloads: &[String]) -> Self {
        let is_left = |name: &str| workloads.iter().any(|each| each == name);
        if !is_left("latency") {
            self.latency.clear();
        }
        if !is_left("idle") {
            self.idle.clear();
        }
        if !is_left("storm") {
            self.storm.clear();
        }
        if !is_left("interference") {
            self.interference.clear();
        }
        if !is_left("correctness") {
            self.correctness.clear();
        }
        if !is_left("fan_out") {
            self.fan_out.clear();
        }
        if !is_left("look") {
            self.looks.0 = 0;
        }
        self
    }
}

fn only<S>(series: &mut [Series<S>], contenders: &[Name]) {
    for each in series {
        each.contenders.retain(|name| contenders.contains(name));
    }
}

fn paced(mode: JournalMode, synchronous: Synchronous) -> Stream {
    let waits = !mode.is_wal() && synchronous != Synchronous::Off;
    Stream {
        mode,
        synchronous,
        rhythm: Rhythm::EachUs(if waits { SLOW_PACE_US } else { PACE_US }),
    }
}

/// Without those of which nothing new is to be learnt: `auto` is `kernel`, and the table poll is late by its period.
fn few<S>(mut series: Series<S>) -> Series<S> {
    series
        .contenders
        .retain(|name| !matches!(name, Name::Auto | Name::TablePoll));
    series
}

fn stream(setting: Stream, repeats: usize) -> Series<Stream> {
    let mode = setting.mode;
    Series {
        setting,
        contenders: in_mode(mode, |name| name != Name::Header),
        repeats,
    }
}

/// In WAL, as most applications are, and to 100 databases with rollback journals as well.
fn crowds(sizes: &[(usize, usize)]) -> Vec<Series<Crowd>> {
    let crowd = |mode: JournalMode, databases: usize, repeats: usize| Series {
        setting: Crowd { mode, databases },
        contenders: in_mode(mode, |name| {
            let few = databases <= MOST_THREADS || !name.has_a_thread_a_database();
            // The floor has no look, so nothing to do beside many; a published `shm` needs somebody in each of them.
            few && name != Name::Floor
        }),
        repeats,
    };
    let wal = sizes
        .iter()
        .map(|&(databases, repeats)| crowd(JournalMode::Wal, databases, repeats));
    let rollback = sizes
        .iter()
        .filter(|(databases, _)| matches!(databases, 1 | 100));
    let rollback = rollback.map(|&(databases, _)| crowd(JournalMode::Delete, databases, 1));
    wal.chain(rollback).collect()
}

fn modes(repeats: usize) -> Vec<Series<Mode>> {
    let series = |mode| Series {
        setting: Mode { mode },
        contenders: in_mode(mode, |name| name != Name::Header && name != Name::Floor),
        repeats,
    };
    MODES.into_iter().map(series).collect()
}

fn fans(threads: &[usize], tasks: &[usize], repeats: usize) -> Vec<Series<Fan>> {
    let all = Name::ALL.into_iter();
    // Of the others each has the fan-out that its user writes.
    let contenders: Vec<Name> = all
        .filter(|name| {
            matches!(
                name,
                Name::Kernel | Name::PublishedKernel | Name::PublishedPolling
            )
        })
        .collect();
    let threads = threads.iter().map(|&subscribers| Series {
        setting: Fan {
            subscribers,
            tasks: false,
        },
        contenders: contenders.clone(),
        repeats,
    });
    let tasks = tasks.iter().map(|&subscribers| Series {
        setting: Fan {
            subscribers,
            tasks: true,
        },
        contenders: vec![Name::Kernel],
        repeats,
    });
    threads.chain(tasks).collect()
}

fn in_mode(mode: JournalMode, is_wanted: impl Fn(Name) -> bool) -> Vec<Name> {
    let all = Name::ALL.into_iter();
    all.filter(|name| name.works_in(mode) && is_wanted(*name))
        .collect()
}
