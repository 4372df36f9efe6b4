//! What a round is to be: all of it is drawn from its seed.

use fastrand::Rng;
use honker_testkit::{JournalMode, Synchronous};
use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::checker::{Death, Terms};
use crate::control::Reading;
use crate::faults::Fault;
use crate::writers::{Program, Writing};

/// A round: a database, its writers and watchers, and what is done to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// All choices come from it. The moments at which processes run do not.
    pub seed: u64,
    /// How long the writers run.
    pub millis: u64,
    /// The journal mode.
    pub mode: JournalMode,
    /// The watchers, a process each.
    pub watchers: Vec<WatcherPlan>,
    /// The writers, a process at a time each.
    pub writers: Vec<Writing>,
    /// What is done to them.
    pub faults: Vec<Fault>,
    /// Put the database on a file system of its own with so many kilobytes.
    pub tmpfs_kilobytes: Option<u64>,
    /// Give watchers and writers a real-time clock that can be stepped.
    #[serde(default)]
    pub clock_steps: bool,
    /// Reach the database through a symbolic link.
    pub through_link: bool,
}

/// A watcher of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatcherPlan {
    /// Its backend.
    pub backend: Backend,
    /// What it does after a wake.
    pub reading: Reading,
    /// Whether it survives a replacement.
    pub follow: bool,
    /// How many more subscriptions it has.
    pub crowd: usize,
    /// How many further databases it watches.
    pub others: usize,
    /// Whether it runs as a user whom permissions bind.
    pub as_nobody: bool,
    /// Whether it has limits of inotify for itself, which can be set.
    #[serde(default)]
    pub own_limits: bool,
    /// How it may end.
    pub death: Death,
}

impl WatcherPlan {
    /// What is asked of it.
    pub fn terms(&self) -> Terms {
        Terms {
            death: self.death.clone(),
            ..Terms::default()
        }
    }
}

impl Plan {
    /// A round of these faults in this mode, by every backend that can watch it.
    ///
    /// `data-version` watches in some rounds only, because its connection keeps logs from being removed.
    pub fn draw(seed: u64, millis: u64, mode: JournalMode, faults: &[Fault]) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut backends: Vec<Backend> = Backend::ALL.into();
        backends.retain(|backend| backend.watches(mode));
        if rng.u8(..4) > 0 {
            backends.retain(|backend| *backend != Backend::DataVersion);
        }
        let watchers = backends.into_iter().map(|backend| WatcherPlan {
            backend,
            reading: match backend {
                // Its process may have no other connection.
                Backend::DataVersion => Reading::Nothing,
                _ => choose(
                    &mut rng,
                    &[Reading::Nothing, Reading::Kept, Reading::Reopened],
                ),
            },
            follow: false,
            crowd: 0,
            others: 0,
            as_nobody: false,
            own_limits: false,
            death: Death::Never,
        });
        let watchers = watchers.collect();
        let writers = (0..rng.usize(1..=2)).map(|_| writing(&mut rng)).collect();
        let mut plan = Self {
            seed,
            millis,
            mode,
            watchers,
            writers,
            faults: faults.to_vec(),
            tmpfs_kilobytes: None,
            clock_steps: false,
            through_link: false,
        };
        for fault in faults {
            fault.shape(&mut plan, &mut rng);
        }
        plan
    }
}

fn writing(rng: &mut Rng) -> Writing {
    Writing {
        program: Program::Bundled,
        // FULL waits for the disk, which bounds how many commits there are.
        synchronous: choose(
            rng,
            &[
                Synchronous::Off,
                Synchronous::Off,
                Synchronous::Normal,
                Synchronous::Full,
            ],
        ),
        commits_a_session: choose(rng, &[50, 5_000, 1_000_000]),
        every_us: choose(rng, &[0, 0, 0, 500, 3_000]),
        bytes: choose(rng, &[0, 100, 5_000]),
        attached: false,
    }
}

/// One of them.
pub fn choose<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}
