//! SQLite's own opinion: over the same histories `PRAGMA data_version`, asked in another process, moves where honker
//! wakes and nowhere else.

use crate::watching::{Watched, backends};
use honker_core::WatcherBackend;
use honker_testkit::commits::{Mix, Runner, Style};
use honker_testkit::{DataVersion, JournalMode, Synchronous, TempDb, count, random};

#[derive(Debug, Default)]
struct Agreement {
    both: u64,
    neither: u64,
    /// `data_version` moved where nothing was committed: the log of a WAL database began anew.
    only_sqlite: u64,
}

fn run(backends: &[WatcherBackend], style: Style, mode: JournalMode, steps: usize) {
    let about = format!("{style:?}, {mode}");
    let db = TempDb::new(mode);
    let attached = db.beside("attached.db");
    let mut choose = random::rng(&about);
    let mut mix = Mix::create(
        choose.fork(),
        db.path(),
        &attached,
        mode,
        Synchronous::Normal,
    );
    let mut runner = Runner::new(style, db.path(), mode, Synchronous::Normal);
    let mut oracle = DataVersion::open(db.path());
    let mut watched = backends
        .iter()
        .map(|backend| Watched::open(db.path(), *backend))
        .collect::<Vec<_>>();
    let mut agreement = Agreement::default();
    for _ in 0..steps {
        let step = mix.next_step();
        runner.run(&step);
        let moved = oracle.moved();
        let misled = mode.is_wal() && step.may_mislead_data_version();
        for watched in &mut watched {
            watched.expect_misleading(mode, std::slice::from_ref(&step));
            let told = watched.accounts_for(u64::from(step.main), &format!("{about}, {step:#?}"));
            let woke = told.wakes > 0;
            assert!(
                woke == moved
                    || (misled && moved)
                    || (cfg!(windows) && woke && told.commits == told.unproven),
                "data_version moved: {moved}, honker woke: {woke}; {about}, {step:#?}"
            );
            match (woke, moved) {
                (true, _) => agreement.both += 1,
                (false, true) => agreement.only_sqlite += 1,
                (false, false) => agreement.neither += 1,
            }
        }
    }
    runner.finish();
    assert!(agreement.both > 0 && agreement.neither > 0);
    println!("{about}: {agreement:?}");
}

pub(crate) fn in_every_mode(
    backends: fn(JournalMode) -> Vec<WatcherBackend>,
    style: Style,
    steps: usize,
) {
    for mode in JournalMode::ALL {
        run(&backends(mode), style, mode, steps);
    }
}

#[test]
fn data_version_agrees_about_one_writer() {
    in_every_mode(backends, Style::OneWriter, count(60, 2000));
}

#[test]
fn data_version_agrees_about_a_process_a_step() {
    in_every_mode(backends, Style::ProcessPerStep, count(30, 1000));
}
