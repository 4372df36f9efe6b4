//! Writer processes, each with a thread that lets it work, kills it and starts another one.

mod driver;
mod shell;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use honker_testkit::{FakeClock, JournalMode, Synchronous, wait_until};
use serde::{Deserialize, Serialize};

use crate::history::Extra;

/// Which program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// `sqlite-writer`, with the bundled SQLite.
    Bundled,
    /// Python's `sqlite3`.
    Python,
    /// The `sqlite3` shell.
    Shell,
    /// `node:sqlite`.
    Node,
}

/// How a writer works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// The program.
    pub program: Program,
    /// `PRAGMA synchronous`.
    pub synchronous: Synchronous,
    /// Commits at most before the connection is closed; then it opens another one.
    pub commits_a_session: u64,
    /// Pause from one commit to the next.
    pub every_us: u64,
    /// Size of the row that each commit adds.
    pub bytes: usize,
    /// Whether each commit writes to a second database, too.
    #[serde(default)]
    pub attached: bool,
}

/// What faults may change while writers run, and what writers count.
#[derive(Debug, Default)]
pub struct Conduct {
    /// Kill each writer after so many microseconds at most, at a random point; 0 for not at all.
    pub kill_within_us: AtomicU64,
    /// Whether sessions choose a journal mode at random, which are these.
    pub flipping: Mutex<Vec<JournalMode>>,
    /// Whether the last close leaves `-wal` where it is.
    pub leave_log: AtomicBool,
    /// What SQLite refused, each with its code.
    pub errors: Mutex<Vec<String>>,
    /// The clock of writers, if it is not the right one.
    pub clock: OnceLock<FakeClock>,
    /// Commits no counter tells.
    pub extras: Mutex<Vec<Extra>>,
    /// Writers killed.
    pub kills: AtomicU64,
    /// Sessions opened.
    pub sessions: AtomicU64,
    /// No session is to be open.
    paused: AtomicBool,
    parked: AtomicUsize,
    over: AtomicBool,
}

impl Conduct {
    /// Notes a commit that no counter tells; call it before.
    pub fn extra(&self) {
        let extra = Extra {
            before_ns: honker_testkit::clock::monotonic_ns(),
        };
        let mut extras = self.extras.lock().unwrap_or_else(PoisonError::into_inner);
        extras.push(extra);
    }

    /// Notes what a writer was refused.
    fn refused(&self, refusal: String) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.push(refusal);
    }

    /// The errors met so far.
    pub fn errors(&self) -> Vec<String> {
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.clone()
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }
}

/// The writers of a database.
#[derive(Debug)]
pub struct Writers {
    /// Shared with the threads.
    pub conduct: Arc<Conduct>,
    threads: Vec<JoinHandle<()>>,
    logs: Vec<PathBuf>,
}

impl Writers {
    /// Starts them. Their logs are `writer-0.log` and so on in `logs`.
    pub fn start(
        database: &Path,
        mode: JournalMode,
        plans: &[Writing],
        logs: &Path,
        seed: u64,
        conduct: Arc<Conduct>,
    ) -> Self {
        let log = |index| logs.join(format!("writer-{index}.log"));
        let start = |(index, writing): (usize, &Writing)| {
            let driver = driver::Driver::new(
                database,
                mode,
                writing.clone(),
                log(index),
                fastrand::Rng::with_seed(seed ^ index as u64),
                Arc::clone(&conduct),
            );
            std::thread::spawn(move || driver.run())
        };
        Self {
            threads: plans.iter().enumerate().map(start).collect(),
            logs: (0..plans.len()).map(log).collect(),
            conduct,
        }
    }

    /// Runs `meanwhile` while no writer has the database open.
    pub fn paused<T>(&self, meanwhile: impl FnOnce() -> T) -> T {
        let Conduct { paused, parked, .. } = &*self.conduct;
        paused.store(true, Ordering::Release);
        let all = self.threads.len();
        let parked = wait_until(honker_testkit::LONG * 2, || {
            parked.load(Ordering::Acquire) == all
        });
        assert!(parked, "the writers did not come to a pause");
        let result = meanwhile();
        paused.store(false, Ordering::Release);
        result
    }

    /// Ends them, and gives their logs.
    pub fn finish(self) -> Vec<PathBuf> {
        self.conduct.over.store(true, Ordering::Release);
        for thread in self.threads {
            thread.join().expect("no writer's thread panics");
        }
        self.logs
    }
}
