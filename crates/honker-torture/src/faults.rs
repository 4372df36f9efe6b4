//! The faults, a file for each family.

mod checkpoints;
mod clock;
mod crowd;
mod descriptors;
mod disk;
mod forks;
mod inotify_limits;
mod kills;
mod logs;
mod many;
mod modes;
mod overflow;
mod permissions;
mod replacement;
mod saturation;
mod sessions;
mod starvation;
mod stops;
mod super_journals;
mod versions;

use std::fmt;

use fastrand::Rng;
use honker_testkit::{FakeClock, JournalMode, Shell};
use serde::{Deserialize, Serialize};

pub(crate) use inotify_limits::own_limits;
pub use replacement::Replacement;

use crate::plan::Plan;
use crate::scene::Scene;
use crate::writers::Conduct;

/// Something that is done to a database, its writers or its watchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Writers that never pause.
    Saturation,
    /// Transactions over two databases, which a super-journal ties.
    SuperJournals,
    /// `kill -9` of writers at random points: in a transaction, in its commit, in a checkpoint, in a last close.
    WriterKills,
    /// Checkpoints of all four kinds.
    Checkpoints,
    /// Sessions of a few commits each, so that `-wal` and `-shm` come and go.
    Sessions,
    /// Logs that a last close leaves where they are: persistent WAL, and no checkpoint on close.
    KeptLogs,
    /// Another journal mode with each session.
    ModeFlips,
    /// SIGSTOP and SIGCONT of watchers.
    WatcherStops,
    /// More file events than the kernel keeps, while a watcher is stopped.
    QueueOverflow,
    /// A watcher can open no descriptor.
    DescriptorsUsedUp,
    /// A watcher can have no inotify watch.
    InotifyLimits,
    /// The file system is full.
    DiskFull,
    /// Watchers at the lowest priority beside four busy loops.
    Starvation,
    /// Another file where the database was.
    Replaced(Replacement),
    /// Permissions of the files and the directory taken away and given back.
    Permissions,
    /// A watcher forks many children.
    ForkStorm,
    /// Many more databases in the same process.
    ManyDatabases,
    /// Many more subscriptions, slow, dropped and begun anew.
    Crowd,
    /// Several versions of SQLite write one file.
    MixedVersions,
    /// Steps of the real-time clock of watchers and writers.
    ClockSteps,
}

/// What each family does, in the order it happens.
struct Family {
    /// Changes the plan.
    shape: fn(&mut Plan, &mut Rng),
    /// Changes how writers behave, before they start.
    begin: fn(&Conduct, JournalMode),
    /// Does it once, and undoes what must not last: how many times it was done.
    strike: fn(&Scene, &mut Rng) -> Result<u64, String>,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Saturation,
        Self::SuperJournals,
        Self::WriterKills,
        Self::Checkpoints,
        Self::Sessions,
        Self::KeptLogs,
        Self::ModeFlips,
        Self::WatcherStops,
        Self::QueueOverflow,
        Self::DescriptorsUsedUp,
        Self::InotifyLimits,
        Self::DiskFull,
        Self::Starvation,
        Self::Replaced(Replacement::RenamedOver),
        Self::Replaced(Replacement::Unlinked),
        Self::Replaced(Replacement::Retargeted),
        Self::Replaced(Replacement::DirectoryMoved),
        Self::Replaced(Replacement::CutToZero),
        Self::Replaced(Replacement::CounterBackwards),
        Self::Permissions,
        Self::ForkStorm,
        Self::ManyDatabases,
        Self::Crowd,
        Self::MixedVersions,
        Self::ClockSteps,
    ];

    /// Its name, for a table and the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Saturation => "saturation",
            Self::SuperJournals => "super-journals",
            Self::WriterKills => "writer-kills",
            Self::Checkpoints => "checkpoints",
            Self::Sessions => "sessions",
            Self::KeptLogs => "kept-logs",
            Self::ModeFlips => "mode-flips",
            Self::WatcherStops => "watcher-stops",
            Self::QueueOverflow => "queue-overflow",
            Self::DescriptorsUsedUp => "descriptors-used-up",
            Self::InotifyLimits => "inotify-limits",
            Self::DiskFull => "disk-full",
            Self::Starvation => "starvation",
            Self::Replaced(Replacement::RenamedOver) => "renamed-over",
            Self::Replaced(Replacement::Unlinked) => "unlinked",
            Self::Replaced(Replacement::Retargeted) => "retargeted",
            Self::Replaced(Replacement::DirectoryMoved) => "directory-moved",
            Self::Replaced(Replacement::CutToZero) => "cut-to-zero",
            Self::Replaced(Replacement::CounterBackwards) => "counter-backwards",
            Self::Permissions => "permissions",
            Self::ForkStorm => "fork-storm",
            Self::ManyDatabases => "many-databases",
            Self::Crowd => "crowd",
            Self::MixedVersions => "mixed-versions",
            Self::ClockSteps => "clock-steps",
        }
    }

    /// The fault of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// Whether it can be done to a database in that mode without SQLite itself being at liberty to lose it.
    pub fn is_for(self, mode: JournalMode) -> bool {
        let survives = ![JournalMode::Memory, JournalMode::Off].contains(&mode);
        match self {
            // Without a journal on the disk, a crash in a commit corrupts; so does a rollback without any journal.
            Self::WriterKills => survives,
            // Only journals on the disk are tied.
            Self::SuperJournals => survives && !mode.is_wal(),
            Self::DiskFull => survives,
            Self::Checkpoints | Self::KeptLogs => mode.is_wal(),
            // A log's commits are not in the header.
            Self::Replaced(Replacement::CounterBackwards) => !mode.is_wal(),
            _ => true,
        }
    }

    /// Whether a watcher with events may have to poll from there on.
    pub(crate) fn takes_events(self) -> bool {
        matches!(
            self,
            Self::InotifyLimits | Self::DescriptorsUsedUp | Self::Permissions | Self::Replaced(_)
        )
    }

    /// Why it cannot be done here.
    ///
    /// # Errors
    /// The reason.
    pub fn available(self) -> Result<(), String> {
        let root = nix::unistd::geteuid().is_root();
        match self {
            Self::DiskFull if !root => Err("mounting a small tmpfs needs root".into()),
            Self::Permissions if !root => Err("a watcher of another user needs root".into()),
            Self::MixedVersions | Self::KeptLogs if !Shell::installed() => {
                Err("the sqlite3 shell is not installed".into())
            }
            Self::InotifyLimits => inotify_limits::available(),
            Self::ClockSteps if !FakeClock::installed() => {
                Err("libfaketime is not installed".into())
            }
            _ => Ok(()),
        }
    }

    /// Whether both may be done in one round.
    pub fn goes_with(self, other: Self) -> bool {
        let changes_the_place = |fault| {
            let alone = [Self::ModeFlips, Self::DiskFull, Self::Permissions];
            alone.contains(&fault) || matches!(fault, Self::Replaced(_))
        };
        // The second database stays where it is, and each program would have to write to it.
        let attaches = |fault| fault == Self::SuperJournals;
        let leaves_it_out = |fault| fault == Self::MixedVersions || changes_the_place(fault);
        let is_about_sessions = |fault| {
            let sessions = [
                Self::Saturation,
                Self::Sessions,
                Self::KeptLogs,
                Self::ModeFlips,
            ];
            sessions.contains(&fault)
        };
        let may_end = |fault| fault == Self::DescriptorsUsedUp;
        // Its setting is a file that has to be opened, and by its owner.
        let sets_a_limit = |fault| fault == Self::InotifyLimits;
        let keeps_it = |fault| [Self::DescriptorsUsedUp, Self::Permissions].contains(&fault);
        // The pipe to a child is a descriptor as well.
        let forks = |fault| fault == Self::ForkStorm;
        // libfaketime opens a file whenever somebody asks for the time, as the user who asks.
        let needs_a_file = |fault| fault == Self::ClockSteps;
        let denies_it =
            |fault| [Self::DescriptorsUsedUp, Self::Permissions, Self::ForkStorm].contains(&fault);
        self != other
            && !(needs_a_file(self) && denies_it(other))
            && !(needs_a_file(other) && denies_it(self))
            // SQLite itself allows no replacement beside a connection.
            && !(self == Self::Checkpoints && matches!(other, Self::Replaced(_)))
            && !(other == Self::Checkpoints && matches!(self, Self::Replaced(_)))
            && !(is_about_sessions(self) && is_about_sessions(other))
            && !(changes_the_place(self) && changes_the_place(other))
            && !(sets_a_limit(self) && keeps_it(other))
            && !(sets_a_limit(other) && keeps_it(self))
            && !(attaches(self) && leaves_it_out(other))
            && !(attaches(other) && leaves_it_out(self))
            && !(forks(self) && may_end(other))
            && !(forks(other) && may_end(self))
            && !(changes_the_place(self) && may_end(other))
            && !(changes_the_place(other) && may_end(self))
    }

    fn family(self) -> Family {
        match self {
            Self::Saturation => saturation::FAMILY,
            Self::SuperJournals => super_journals::FAMILY,
            Self::WriterKills => kills::FAMILY,
            Self::Checkpoints => checkpoints::FAMILY,
            Self::Sessions => sessions::FAMILY,
            Self::KeptLogs => logs::FAMILY,
            Self::ModeFlips => modes::FAMILY,
            Self::WatcherStops => stops::FAMILY,
            Self::QueueOverflow => overflow::FAMILY,
            Self::DescriptorsUsedUp => descriptors::FAMILY,
            Self::InotifyLimits => inotify_limits::FAMILY,
            Self::DiskFull => disk::FAMILY,
            Self::Starvation => starvation::FAMILY,
            Self::Replaced(kind) => kind.family(),
            Self::Permissions => permissions::FAMILY,
            Self::ForkStorm => forks::FAMILY,
            Self::ManyDatabases => many::FAMILY,
            Self::Crowd => crowd::FAMILY,
            Self::MixedVersions => versions::FAMILY,
            Self::ClockSteps => clock::FAMILY,
        }
    }

    pub(crate) fn shape(self, plan: &mut Plan, rng: &mut Rng) {
        (self.family().shape)(plan, rng);
    }

    pub(crate) fn begin(self, conduct: &Conduct, mode: JournalMode) {
        (self.family().begin)(conduct, mode);
    }

    /// Does it once.
    ///
    /// # Errors
    /// What did not go as it has to.
    pub fn strike(self, scene: &Scene, rng: &mut Rng) -> Result<u64, String> {
        (self.family().strike)(scene, rng)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A family that changes nothing but what it says.
const QUIET: Family = Family {
    shape: |_, _| {},
    begin: |_, _| {},
    strike: |scene, rng| {
        scene.rest(rng, std::time::Duration::from_millis(200));
        Ok(0)
    },
};
