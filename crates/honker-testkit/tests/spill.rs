//! The spilled steps really write before they commit: otherwise they would test nothing.

use honker_testkit::commits::{Mix, Step};
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
