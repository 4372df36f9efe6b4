//! Steps do what their names say: otherwise they would test nothing.

use honker_testkit::commits::{Mix, Runner, Step, Style};
use honker_testkit::locks::Access;
use honker_testkit::{JournalMode, Synchronous, TempDb, Writer, locks, random};

/// Runs the step up to its end of transaction, and gives the writer as it is then.
fn until_the_end(db: &TempDb, step: &Step, mode: JournalMode) -> Writer {
    let mut writer = Writer::spawn();
    let conn = writer.open_in(db.path(), mode, Synchronous::Normal);
    for sql in &step.sql {
        if sql == "COMMIT" || sql == "ROLLBACK" {
            break;
        }
        writer.exec(conn, sql).unwrap();
    }
    writer
}

#[test]
fn spilled_steps_write_to_the_files_before_they_end() {
    for name in [
        "spilled transaction",
        "spilled rollback",
        "spilled commit to both files",
    ] {
        for mode in JournalMode::ALL {
            let db = TempDb::absent();
            let attached = db.beside("attached.db");
            let mut mix = Mix::create(
                random::rng(name),
                db.path(),
                &attached,
                mode,
                Synchronous::Normal,
            );
            let Some(step) = mix.each_kind().into_iter().find(|step| step.name == name) else {
                assert_eq!((name, mode), ("spilled rollback", JournalMode::Off));
                continue;
            };
            let writer = until_the_end(&db, &step, mode);
            if mode.is_wal() {
                let frames = std::fs::metadata(db.wal()).unwrap().len() / (4096 + 24);
                assert!(
                    frames > 20,
                    "{name}: only {frames} frames were written early"
                );
            } else {
                let held = locks::of(writer.pid(), db.path());
                let exclusive = held.iter().all(|lock| lock.access == Access::Write);
                assert!(!held.is_empty() && exclusive, "{name}, {mode}: {held:?}");
            }
        }
    }
}

#[test]
fn a_vacuum_to_another_page_size_changes_it_except_in_wal() {
    for (mode, expected) in [(JournalMode::Delete, true), (JournalMode::Wal, false)] {
        let db = TempDb::absent();
        let attached = db.beside("attached.db");
        let rng = random::rng(mode.name());
        let mut mix = Mix::create(rng, db.path(), &attached, mode, Synchronous::Off);
        let mut runner = Runner::new(Style::ProcessPerStep, db.path(), mode, Synchronous::Off);
        let page_size = || std::fs::read(db.path()).unwrap()[16..18].to_vec();
        let before = page_size();
        let changed = (0..20).any(|_| {
            let mut steps = mix.each_kind();
            steps.retain(|step| step.name == "vacuum to another page size");
            for step in &steps {
                runner.run(step);
            }
            page_size() != before
        });
        assert_eq!(changed, expected, "{mode}");
    }
}
