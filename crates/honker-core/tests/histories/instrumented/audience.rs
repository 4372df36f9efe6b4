//! Watchers of every backend, and one that looks on demand.

use crate::stage::{BUSY, SAME, Session, Watch, exactly};
use honker_core::testing::Look;
use honker_core::{SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, wait_until};
use std::time::Duration;

/// A place inside SQLite, and how often it is passed until then.
pub(crate) type At = (&'static str, u32);

/// Everybody who watches one database.
pub(crate) struct Audience {
    on_demand: Watch,
    live: Vec<Live>,
}

/// A watcher that looks by itself, with a subscription.
struct Live {
    watcher: SharedUpdateWatcher,
    events: UpdateEvents,
}

impl Audience {
    /// All backends, on a database that stands still.
    pub(crate) fn start(db: &TempDb, mode: JournalMode) -> Self {
        Self::of(Watch::start(db), db, mode)
    }

    /// The same on one that may not.
    pub(crate) fn start_in_the_middle(db: &TempDb, mode: JournalMode) -> Self {
        Self::of(Watch::start_in_the_middle(db), db, mode)
    }

    fn of(on_demand: Watch, db: &TempDb, mode: JournalMode) -> Self {
        let mut backends = vec![WatcherBackend::Polling];
        if cfg!(feature = "kernel-watcher") {
            backends.push(WatcherBackend::KernelWatch);
        }
        if cfg!(feature = "shm-fast-path") && mode.is_wal() {
            backends.push(WatcherBackend::ShmFastPath);
        }
        let live = backends.into_iter().map(|backend| {
            let watcher = SharedUpdateWatcher::builder(db.path())
                .backend(backend)
                .open();
            let watcher = watcher.expect("a database can be watched");
            let events = watcher.update_events().expect("a watcher is alive");
            Live { watcher, events }
        });
        Self {
            on_demand,
            live: live.collect(),
        }
    }

    /// Nobody wakes, and a look finds nothing or a commit under way.
    #[track_caller]
    pub(crate) fn is_silent(&mut self) {
        for _ in 0..3 {
            let look = self.on_demand.once();
            assert!([SAME, BUSY].contains(&look), "{look:?}");
        }
        for live in &mut self.live {
            live.is_silent();
        }
    }

    /// Nobody wakes, because a commit is under way.
    #[track_caller]
    pub(crate) fn stays_busy(&mut self) {
        self.on_demand.stays_busy();
        self.is_silent();
    }

    /// Everybody finds this, and nothing after it.
    #[track_caller]
    pub(crate) fn finds(&mut self, expected: Look) {
        self.on_demand.finds(expected);
        let Look::Commits { commits, inexact } = expected else {
            assert_eq!(expected, SAME);
            self.is_silent();
            return;
        };
        for live in &mut self.live {
            // Who looks all the time may have seen enough to count what one that looks now cannot.
            live.wakes(commits, inexact.is_none());
        }
    }

    /// Everybody wakes at least once, and not again.
    #[track_caller]
    pub(crate) fn finds_some(&mut self) {
        let look = self.on_demand.look();
        assert!(matches!(look, Look::Commits { .. }), "{look:?}");
        self.on_demand.finds(SAME);
        for live in &mut self.live {
            live.wakes(1, false);
        }
    }

    /// Everybody finds `commits` commits, counted, or nothing if there are none.
    #[track_caller]
    pub(crate) fn finds_commits(&mut self, commits: i64) {
        match u64::try_from(commits).expect("rows were added") {
            0 => self.finds(SAME),
            commits => self.finds(exactly(commits)),
        }
    }
}

impl Live {
    /// Has it look once, and sees to it that no wake comes of that or came before.
    #[track_caller]
    fn is_silent(&mut self) {
        self.look();
        let update = self.events.try_recv().expect("a live watcher");
        assert!(update.is_none(), "{update:?}, {:#?}", self.watcher.stats());
    }

    fn look(&self) {
        // Subscribing looks.
        drop(self.watcher.update_events().expect("a live watcher"));
    }

    /// Whether it could count them is another matter: it looks when it happens to, at a writer that works.
    #[track_caller]
    fn wakes(&mut self, commits: u64, counted: bool) {
        let mut told = 0;
        while told < commits {
            let update = self.events.recv_timeout(LONG).expect("a live watcher");
            let update = update.unwrap_or_else(|| panic!("missed, {:#?}", self.watcher.stats()));
            told += update.commits;
        }
        assert!(told == commits || !counted, "{:#?}", self.watcher.stats());
        let settled = wait_until(LONG, || {
            let before = self.watcher.stats();
            self.look();
            self.watcher.stats().busy_looks == before.busy_looks
        });
        assert!(settled, "{:#?}", self.watcher.stats());
        while let Some(update) = self
            .events
            .recv_timeout(Duration::ZERO)
            .expect("a live watcher")
        {
            assert!(
                !counted,
                "spurious, {update:?}, {:#?}",
                self.watcher.stats()
            );
        }
    }
}

/// A database, everybody who watches it, and a writer that was stopped at a point of a statement.
pub(crate) fn stopped(mode: JournalMode, sql: &str, at: At) -> (TempDb, Session, Audience) {
    let db = TempDb::new(mode);
    let mut session = Session::instrumented_in(&db, mode);
    let mut audience = Audience::start(&db, mode);
    // So that there is a log, and the connection's cache is warm.
    session.commits(1);
    audience.finds(exactly(1));
    session.stop(sql, at);
    (db, session, audience)
}

/// A commit that is stopped before anybody can read it: silence. It goes on, and is found; it is killed there instead,
/// and the next reader says whether it was one.
pub(crate) fn stopped_before_it_can_be_read(mode: JournalMode, sql: &str, at: At, kept: bool) {
    println!("{mode} {at:?}");
    let (_db, mut session, mut audience) = stopped(mode, sql, at);
    audience.is_silent();
    session.thaw();
    audience.finds(exactly(1));
    session.commits(1);
    audience.finds(exactly(1));

    let (db, session, mut audience) = stopped(mode, sql, at);
    audience.is_silent();
    session.kill();
    decides(&db, &mut audience, 2, i64::from(kept));
}

/// The next reader plays back or recovers what a writer left, and says how many rows of its last statement are there.
pub(crate) fn decides(db: &TempDb, audience: &mut Audience, before: i64, kept: i64) {
    if kept > 0 {
        // Nobody has to read for it to be a commit.
        audience.finds_commits(kept);
    } else {
        audience.is_silent();
    }
    let mut next = Session::open(db);
    assert_eq!(next.read() - before, kept, "SQLite says otherwise");
    audience.finds(SAME);
    next.commits(1);
    audience.finds(exactly(1));
}
