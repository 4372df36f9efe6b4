//! A watched database whose wakes are held against the commits that were made.

use honker_core::{Conservative, SharedUpdateWatcher, Stats, UpdateEvents, WatcherBackend};
use honker_testkit::commits::Step;
use honker_testkit::{JournalMode, LONG, wait_until};
use std::path::Path;
use std::time::Duration;

/// The two backends for every journal mode.
pub(crate) const BACKENDS: [WatcherBackend; 2] =
    [WatcherBackend::Polling, WatcherBackend::KernelWatch];

/// The backends for databases that stay in this mode.
pub(crate) fn backends(mode: JournalMode) -> Vec<WatcherBackend> {
    let mut backends = BACKENDS.to_vec();
    if mode.is_wal() {
        backends.push(WatcherBackend::ShmFastPath);
    }
    backends
}

/// The backend that asks SQLite, alone: its connection keeps the log of a WAL database from being closed, which the
/// others are to see.
#[cfg(feature = "data-version")]
pub(crate) fn data_version(_: JournalMode) -> Vec<WatcherBackend> {
    vec![WatcherBackend::DataVersion]
}

/// How long a reader may have to wait for the writer after a wake, in ms: not at all, save on Windows, which shows nobody's
/// locks. (SQLite itself knows of them.)
pub(crate) fn patience_of_readers(backend: WatcherBackend) -> u32 {
    if cfg!(windows) && backend != WatcherBackend::DataVersion {
        u32::try_from(LONG.as_millis()).expect("it fits")
    } else {
        0
    }
}

/// What the wakes of one subscription told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) wakes: u64,
    pub(crate) commits: u64,
    /// Wakes that were not exact.
    pub(crate) inexact: u64,
    /// Wakes beyond the commits: only where no look fell into a whole session of a WAL database, so that it could not
    /// be told whether that one committed.
    pub(crate) unproven: u64,
}

/// A watcher with one subscription.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) watcher: SharedUpdateWatcher,
    pub(crate) events: UpdateEvents,
    /// Everything since `open`.
    pub(crate) told: Told,
    unseen: u64,
    /// Wakes that SQLite's own answer may make without a commit.
    misled: u64,
}

impl Watched {
    pub(crate) fn open(path: &Path, backend: WatcherBackend) -> Self {
        let watcher = SharedUpdateWatcher::builder(path)
            .backend(backend)
            .open()
            .expect("a database can be watched");
        assert_eq!(watcher.backend(), backend, "no fall-back");
        let events = watcher.update_events().expect("a watcher is alive");
        Self {
            watcher,
            events,
            told: Told::default(),
            unseen: 0,
            misled: 0,
        }
    }

    /// In WAL, SQLite's own `data_version` moves at some steps although nothing was committed. As long as the log holds
    /// no commit, the `data-version` backend cannot tell them from commits.
    pub(crate) fn expect_misleading(&mut self, mode: JournalMode, steps: &[Step]) {
        if mode.is_wal() && self.watcher.backend() == WatcherBackend::DataVersion {
            let misleading = steps.iter().filter(|step| step.may_mislead_data_version());
            self.misled += misleading.count() as u64;
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        self.watcher.stats()
    }

    /// Waits until `commits` that were just made are accounted for, and sees to it that nothing more comes.
    ///
    /// The wakes come by themselves; a look is forced only afterwards, to prove silence without waiting a time.
    pub(crate) fn accounts_for(&mut self, commits: u64, about: &str) -> Told {
        let mut told = Told::default();
        // A wake that explains one commit too many may have stood for one that woke later: on Windows, where there are
        // more of them, what earlier ones did not need counts as well.
        let before = if cfg!(windows) {
            self.told.unproven
        } else {
            self.unseen
        };
        while told.commits < commits {
            // How far an inexact count falls short is not to be known: there the look decides that it is all.
            let within = if told.inexact == 0 { LONG } else { self.look() };
            if !self.take(within, &mut told) {
                break;
            }
        }
        self.look();
        while self.take(Duration::ZERO, &mut told) {}
        told.unproven = told.commits.saturating_sub(commits);
        let misled = std::mem::take(&mut self.misled);
        let context = || format!("{about}: {commits} made, {told:?}; {:#?}", self.stats());
        assert!(told.wakes > 0 || commits == 0, "missed, {}", context());
        // Of the earlier ones some had another explanation.
        let unseen = unseen_sessions(&self.stats()).saturating_sub(before);
        let explained = unseen + misled;
        assert!(told.unproven <= explained, "spurious, {}", context());
        if told.inexact == 0 {
            assert_eq!(told.commits, commits, "miscounted, {}", context());
        }
        self.told.wakes += told.wakes;
        self.told.commits += told.commits;
        self.told.inexact += told.inexact;
        self.told.unproven += told.unproven;
        self.unseen = unseen_sessions(&self.stats());
        told
    }

    fn take(&mut self, within: Duration, told: &mut Told) -> bool {
        let update = self.events.recv_timeout(within).expect("a live watcher");
        let Some(update) = update else { return false };
        assert!(update.commits > 0, "{update:?}");
        told.wakes += 1;
        told.commits += update.commits;
        told.inexact += u64::from(!update.exact);
        true
    }

    /// Has the watcher look until a look finds nothing, and no commit under way. Gives the time to wait for its wake: none.
    pub(crate) fn look(&self) -> Duration {
        let looked = wait_until(LONG, || {
            let before = self.stats();
            // Asking where it stands looks.
            let _ = self.watcher.position().expect("a live watcher");
            let after = self.stats();
            // One that found commits may have been certain only of those before the last.
            after.looks > before.looks
                && after.busy_looks == before.busy_looks
                && after.wakes == before.wakes
        });
        assert!(looked, "busy for good: {:#?}", self.stats());
        Duration::ZERO
    }
}

/// Wakes that may stand for no commit. Where no lock is seen, one that was kept can't be told from a rollback.
fn unseen_sessions(stats: &Stats) -> u64 {
    let counted = |reason: Conservative| {
        let mut reasons = stats.conservative.iter();
        let found = reasons.find(|(each, _)| *each == reason);
        found.map_or(0, |(_, count)| *count)
    };
    let unseen = counted(Conservative::UnseenSession);
    if cfg!(windows) {
        // A moment has to pass before one that has just ended is known to be over, and a session that switched out of WAL
        // has once been told of again at its end (docs/platforms.md).
        [
            Conservative::LockKept,
            Conservative::StartedDuringWrite,
            Conservative::ModeSwitch,
        ]
        .into_iter()
        .map(counted)
        .fold(unseen, u64::saturating_add)
    } else {
        unseen
    }
}
