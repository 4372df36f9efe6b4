//! The number of commits that each step claims is the number that SQLite counts.

use std::path::Path;

use honker_testkit::commits::{Mix, Runner, Step, Style};
use honker_testkit::{
    DataVersion, JournalMode, Synchronous, TempDb, count, random, sidecar, truth,
};

/// What SQLite counts on one file. Its reader keeps the `-shm` of a WAL database, so that one generation counts all.
struct Counted<'a> {
    path: &'a Path,
    mode: JournalMode,
    oracle: DataVersion,
    last: u32,
}

impl<'a> Counted<'a> {
    fn new(path: &'a Path, mode: JournalMode) -> Self {
        let oracle = DataVersion::open(path);
        let last = truth::counter(path, mode).unwrap();
        Self {
            path,
            mode,
            oracle,
            last,
        }
    }

    fn holds(&mut self, step: &Step, expected: u32) {
        let now = truth::counter(self.path, self.mode).unwrap();
        let counted = now.wrapping_sub(std::mem::replace(&mut self.last, now));
        let about = format!("{} on {}: {step:#?}", self.mode, self.path.display());
        assert_eq!(counted, expected, "the counter, {about}");
        if self.oracle.moved() != (expected > 0) {
            let known = expected == 0 && self.mode.is_wal() && step.may_mislead_data_version();
            assert!(known, "the oracle, {about}");
        }
        // Every step leaves its file as a finished transaction does.
        let journal = sidecar(self.path, "-journal");
        let journal = std::fs::read(journal).unwrap_or_default();
        let hot = journal.starts_with(&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
        assert!(!hot, "a hot journal, {about}");
    }
}

fn check(style: Style, mode: JournalMode, synchronous: Synchronous, random_steps: usize) {
    let main = TempDb::absent();
    let attached = main.beside("attached.db");
    let rng = random::rng(&format!("{style:?} {mode} {synchronous}"));
    let mut mix = Mix::create(rng, main.path(), &attached, mode, synchronous);
    let mut on_main = Counted::new(main.path(), mode);
    let mut on_attached = Counted::new(&attached, mode);
    let mut runner = Runner::new(style, main.path(), mode, synchronous);
    let mut run = |step: &Step| {
        runner.run(step);
        on_main.holds(step, step.main);
        on_attached.holds(step, step.attached);
    };
    mix.each_kind().iter().for_each(&mut run);
    mix.take(random_steps).for_each(|step| run(&step));
    runner.finish();
    assert_eq!(sound(main.path()), "ok");
    assert_eq!(sound(&attached), "ok");
}

fn sound(path: &Path) -> String {
    let mut writer = honker_testkit::Writer::spawn();
    let conn = writer.open(path);
    let rows = writer.query(conn, "PRAGMA integrity_check").unwrap();
    rows[0][0].as_str().unwrap().to_owned()
}

#[test]
fn each_step_of_one_writer_makes_the_commits_it_claims() {
    let random_steps = count(60, 2000);
    for mode in JournalMode::ALL {
        for synchronous in Synchronous::ALL {
            check(Style::OneWriter, mode, synchronous, random_steps);
        }
    }
}

#[test]
fn each_step_in_a_process_of_its_own_makes_the_commits_it_claims() {
    let random_steps = count(20, 1000);
    for mode in JournalMode::ALL {
        check(
            Style::ProcessPerStep,
            mode,
            Synchronous::Normal,
            random_steps,
        );
    }
}

#[test]
fn a_mode_leaves_out_only_what_it_cannot_do() {
    for mode in JournalMode::ALL {
        let main = TempDb::absent();
        let rng = random::rng(mode.name());
        let mut mix = Mix::create(
            rng,
            main.path(),
            &main.beside("b.db"),
            mode,
            Synchronous::Off,
        );
        let made: Vec<_> = mix.each_kind().iter().map(|step| step.name).collect();
        let mut left_out = Mix::names();
        left_out.retain(|name| !made.contains(name));
        // "delete" and the drops come after what they take away, so every kind has its turn.
        let undo: &[&str] = match mode {
            JournalMode::Off => &[
                "transaction with a failed statement",
                "savepoint rolled back inside",
                "spill rolled back to a savepoint",
                "rollback in both files",
                "rollback",
                "spilled rollback",
                "savepoint rolled back",
                "failed statement",
            ],
            _ => &[],
        };
        assert_eq!(left_out, undo, "{mode}");
    }
}
