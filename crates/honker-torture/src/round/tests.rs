//! What is found wrong without the checker.

use super::*;
use crate::scene::create;
use honker_testkit::JournalMode;
use std::os::unix::fs::FileExt;

/// Three commits in a database and in the one beside it.
fn written(dir: &Path) -> PathBuf {
    let database = dir.join("app.db");
    create(&database, JournalMode::Delete);
    create(&attached::path(&database), JournalMode::Delete);
    sql(&database, &attached::attach(&database), |writer, conn| {
        for _ in 0..3 {
            let entry = attached::entry(5_000);
            let commit = format!("BEGIN; UPDATE counter SET n = n + 1; {entry}; COMMIT");
            writer.exec(conn, &commit).expect("a commit");
        }
    });
    database
}

fn sql(database: &Path, first: &str, then: impl FnOnce(&mut Writer, honker_testkit::Conn)) {
    let mut writer = Writer::spawn();
    let conn = writer.open(database);
    writer.exec(conn, first).expect("it is run");
    then(&mut writer, conn);
    writer.close(conn);
    writer.finish();
}

fn asked(database: &Path) -> (u64, Vec<Guarantee>) {
    let mut problems = Vec::new();
    let made = ask(database, true, &mut problems);
    (
        made,
        problems.into_iter().map(|(broken, _)| broken).collect(),
    )
}

#[test]
fn a_whole_database_has_no_problem() {
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(asked(&written(dir.path())), (3, vec![]));
}

#[test]
fn a_page_that_is_not_sqlites_is_found() {
    // The header, and the root of `entry`; SQLite's pages are 4,096 bytes.
    let damages = [0, 2 * 4096].map(|at| [("app.db", at), ("attached.db", at)]);
    for (name, at) in damages.into_iter().flatten() {
        let dir = tempfile::tempdir().expect("a directory");
        let database = written(dir.path());
        let file = std::fs::File::options()
            .write(true)
            .open(dir.path().join(name))
            .expect("it is there");
        file.write_all_at(&[0xff; 64], at).expect("written");
        assert_eq!(asked(&database).1, [Guarantee::Integrity], "{name} {at}");
    }
}

#[test]
fn a_row_that_is_gone_is_a_lost_update() {
    for table in ["main.entry", "attached.entry"] {
        let dir = tempfile::tempdir().expect("a directory");
        let database = written(dir.path());
        sql(&database, &attached::attach(&database), |writer, conn| {
            let lose = format!("DELETE FROM {table} WHERE k = 2");
            writer.exec(conn, &lose).expect("it is there");
        });
        assert_eq!(
            asked(&database),
            (3, vec![Guarantee::NoLostUpdate]),
            "{table}"
        );
    }
}

#[test]
fn a_writer_that_is_refused_something_breaks_a_guarantee_unless_a_fault_explains_it() {
    let broken = |refusal, faults: &[Fault]| {
        let broken = unexplained(refusal, faults);
        broken.map(|(guarantee, _)| guarantee)
    };
    for refusal in [
        "database disk image is malformed (11)",
        "Error: stepping, database disk image is malformed (11) (1)",
        "file is not a database (26)",
    ] {
        assert_eq!(
            broken(refusal, &[Fault::DiskFull]),
            Some(Guarantee::Integrity)
        );
    }
    for (refusal, explained) in [
        ("database is locked (5)", Fault::ModeFlips),
        ("database or disk is full (13)", Fault::DiskFull),
        (
            "Runtime error near line 4: database or disk is full (13) (1)",
            Fault::DiskFull,
        ),
        ("disk I/O error (10)", Fault::DiskFull),
    ] {
        assert_eq!(broken(refusal, &[explained]), None, "{refusal}");
        let unexplained = broken(refusal, &[Fault::Saturation]);
        assert_eq!(unexplained, Some(Guarantee::Harmless), "{refusal}");
    }
}
