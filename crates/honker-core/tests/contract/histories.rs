//! Random mixes of commits and non-commits, on two files, watched by every backend at once.

use crate::watching::Watched;
use honker_core::WatcherBackend;
use honker_testkit::commits::{Mix, Runner, Step, Style};
use honker_testkit::{JournalMode, Synchronous, TempDb, count, random};
use std::path::Path;

/// The watchers of one file, one a backend.
struct File {
    name: &'static str,
    watched: Vec<Watched>,
    made: u64,
}

impl File {
    fn open(name: &'static str, path: &Path, backends: &[WatcherBackend]) -> Self {
        Self {
            name,
            watched: backends
                .iter()
                .map(|backend| Watched::open(path, *backend))
                .collect(),
            made: 0,
        }
    }

    fn accounts_for(&mut self, commits: u64, about: &str) {
        self.made += commits;
        for watched in &mut self.watched {
            let backend = watched.watcher.backend();
            let about = format!("{about}, {}, {backend}", self.name);
            watched.accounts_for(commits, &about);
        }
    }

    fn expect_misleading(&mut self, mode: JournalMode, steps: &[Step]) {
        for watched in &mut self.watched {
            watched.expect_misleading(mode, steps);
        }
    }

    /// One line a backend: what was inexact, and why.
    fn sum_up(&self, about: &str) {
        for watched in &self.watched {
            let stats = watched.stats();
            let told = watched.told;
            assert_eq!(stats.commits, told.commits, "{told:?}, {stats:#?}");
            // Wakes that nobody waited for became one.
            assert!(stats.wakes >= told.wakes);
            let reasons: u64 = stats.conservative.iter().map(|(_, count)| count).sum();
            assert!(
                reasons >= told.inexact && (reasons > 0) == (told.inexact > 0),
                "each inexact wake has a reason"
            );
            println!(
                "{about}, {}, {}: {} commits, {} accounted for in {} wakes, {} of them inexact {:?}, \
                 {} unproven; sweeps that found something {}",
                self.name,
                stats.effective,
                self.made,
                told.commits,
                told.wakes,
                told.inexact,
                stats.conservative,
                told.unproven,
                stats.sweeps_found,
            );
        }
    }
}

/// Half of the steps are looked at one by one; the rest come in bursts, so that looks fall anywhere between them.
fn run(
    backends: &[WatcherBackend],
    style: Style,
    mode: JournalMode,
    synchronous: Synchronous,
    steps: usize,
) {
    let about = format!("{style:?}, {mode}, {synchronous}");
    let db = TempDb::absent();
    let attached = db.beside("attached.db");
    let mut choose = random::rng(&about);
    let mut mix = Mix::create(choose.fork(), db.path(), &attached, mode, synchronous);
    let mut runner = Runner::new(style, db.path(), mode, synchronous);
    let mut main = File::open("main", db.path(), backends);
    let mut aux = File::open("attached", &attached, backends);

    let mut burst: Vec<Step> = Vec::new();
    for done in 1..=steps {
        let step = mix.next_step();
        runner.run(&step);
        burst.push(step);
        if choose.bool() || done == steps {
            let steps = std::mem::take(&mut burst);
            let about = format!("{about}, {steps:#?}");
            main.expect_misleading(mode, &steps);
            aux.expect_misleading(mode, &steps);
            let sum = |of: fn(&Step) -> u32| steps.iter().map(|step| u64::from(of(step))).sum();
            main.accounts_for(sum(|step| step.main), &about);
            aux.accounts_for(sum(|step| step.attached), &about);
        }
    }
    runner.finish();
    // The last close checkpoints: not a commit.
    main.accounts_for(0, &about);
    aux.accounts_for(0, &about);
    main.sum_up(&about);
    aux.sum_up(&about);
}

pub(crate) fn every_synchronous(backends: &[WatcherBackend], style: Style, mode: JournalMode) {
    let steps = match style {
        Style::OneWriter => count(150, 2000),
        Style::ProcessPerStep => count(60, 1000),
    };
    for synchronous in Synchronous::ALL {
        run(backends, style, mode, synchronous, steps);
    }
}

/// One module a journal mode, each with its tests for the backends that a function gives for that mode.
macro_rules! every_commit_is_accounted_for_and_nothing_else {
    ($backends:path) => {
        $crate::histories::every_commit_is_accounted_for_and_nothing_else! {
            $backends;
            delete: Delete, truncate: Truncate, persist: Persist, memory: Memory, off: Off, wal: Wal
        }
    };
    ($backends:path; $($module:ident: $mode:ident),*) => {$(
        mod $module {
            use $crate::histories::every_synchronous;
            use honker_testkit::{JournalMode, commits::Style};

            #[test]
            fn one_writer_every_commit_is_accounted_for_and_nothing_else() {
                let backends = $backends(JournalMode::$mode);
                every_synchronous(&backends, Style::OneWriter, JournalMode::$mode);
            }

            #[test]
            fn a_process_a_step_every_commit_is_accounted_for_and_nothing_else() {
                let backends = $backends(JournalMode::$mode);
                every_synchronous(&backends, Style::ProcessPerStep, JournalMode::$mode);
            }
        }
    )*};
}
pub(crate) use every_commit_is_accounted_for_and_nothing_else;

every_commit_is_accounted_for_and_nothing_else!(crate::watching::backends);
