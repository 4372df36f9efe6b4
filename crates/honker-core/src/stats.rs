//! What a watcher has done, for operators.

use crate::backend::WatcherBackend;
use crate::named::named;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

named! {
    /// Why a wake could not be counted exactly, or could not be proven necessary.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Conservative {
        /// The journal mode switched between rollback and WAL: one commit, and perhaps others around it.
        ModeSwitch = "mode_switch",
        /// The watcher started while a writer was in the middle of a commit, or beside a hot journal; or a subscription began
        /// while it could not be told what is committed.
        StartedDuringWrite = "started_during_write",
        /// A writer kept its lock after a commit (`locking_mode=EXCLUSIVE`, or a slow MEMORY or OFF journal), and counts
        /// only its first.
        LockKept = "lock_kept",
        /// The log said nothing (fresh, or gone) and the database's size or times had moved: a session nobody saw, or a
        /// `chmod`.
        UnseenSession = "unseen_session",
        /// Commits were found in the log of a session that was not followed from its start, or the log was restarted
        /// while the watcher was not looking.
        LogNotFollowed = "log_not_followed",
        /// The change counter moved further than commits could have taken it; something else wrote the header.
        ImplausibleCount = "implausible_count",
        /// The database appeared with commits already in it.
        Appeared = "appeared",
        /// The rollback journal could not be read, so that a commit could not be told from a crash.
        JournalUnreadable = "journal_unreadable",
        /// SQLite's own `data_version` moved, which tells no number (`data-version` backend only: each of its wakes).
        DataVersion = "data_version",
    }
}

/// A snapshot of what a watcher has done since it was opened. Counters only grow.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// The backend that was asked for.
    pub requested: WatcherBackend,
    /// The backend that runs.
    pub effective: WatcherBackend,
    /// Why it polls instead of what was asked for, or of what `auto` prefers.
    pub fallback: Option<String>,
    /// What to know of the place: on a network file system, say, how late commits of other hosts may be seen.
    pub caution: Option<String>,
    /// Looks at the database.
    pub looks: u64,
    /// Looks that found a commit under way, or one that could not be read yet.
    pub busy_looks: u64,
    /// Wakes made.
    pub wakes: u64,
    /// Commits in those wakes.
    pub commits: u64,
    /// Replacements of the file that were followed.
    pub replacements: u64,
    /// Wakes that were not exact, by reason. Reasons that never occurred are left out.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::by_name"))]
    pub conservative: Vec<(Conservative, u64)>,
    /// File events of the operating system about this database (`kernel` only).
    pub hints: u64,
    /// Looks made because nothing had pointed here for a while (`kernel` only; every 100 ms, every 500 ms
    /// once nothing has happened for a second, and more rarely with more than 500 databases).
    pub sweeps: u64,
    /// Sweeps that found a commit. In `kernel`, anything but 0 means that the operating system lost an event.
    pub sweeps_found: u64,
    /// Times the operating system's event queue overflowed. Everything is then looked at.
    pub overflows: u64,
    /// Times a saturated writer made the watcher drop its file watches and look each millisecond instead.
    pub storms: u64,
    /// The mean time between looks so far, if there were at least two.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::seconds"))]
    pub achieved_period: Option<Duration>,
    /// Whether the observer thread owns its descriptors. If not, it keeps those of the database and `-shm` open as
    /// long as the files have names, because closing them would drop the host's locks.
    pub private_descriptor_table: bool,
    /// Live subscriptions.
    pub subscribers: u64,
    /// The last error seen, also one that passed.
    pub last_error: Option<String>,
}

/// The counters behind [`Stats`], written by the observer thread only.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) looks: Counter,
    pub(crate) busy_looks: Counter,
    pub(crate) wakes: Counter,
    pub(crate) commits: Counter,
    pub(crate) replacements: Counter,
    pub(crate) hints: Counter,
    pub(crate) sweeps: Counter,
    pub(crate) sweeps_found: Counter,
    pub(crate) overflows: Counter,
    pub(crate) storms: Counter,
    pub(crate) first_look_ns: Counter,
    pub(crate) last_look_ns: Counter,
    conservative: [Counter; Conservative::ALL.len()],
}

/// One number that only the observer thread changes and anyone may read.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        // One writer: a load and a store, without the cost of a locked instruction.
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Counters {
    pub(crate) fn looked(&self, now: Duration) {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        if self.looks.get() == 0 {
            self.first_look_ns.set(now);
        }
        self.last_look_ns.set(now);
        self.looks.add(1);
    }

    pub(crate) fn conservative(&self, reason: Conservative) {
        if let Some(index) = Conservative::ALL.iter().position(|each| *each == reason) {
            self.conservative[index].add(1);
        }
    }

    pub(crate) fn conservative_counts(&self) -> Vec<(Conservative, u64)> {
        Conservative::ALL
            .into_iter()
            .zip(self.conservative.iter().map(Counter::get))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    pub(crate) fn achieved_period(&self) -> Option<Duration> {
        let gaps = self.looks.get().checked_sub(1).filter(|gaps| *gaps > 0)?;
        let span = self
            .last_look_ns
            .get()
            .saturating_sub(self.first_look_ns.get());
        Some(Duration::from_nanos(span / gaps))
    }
}
