//! Numbered commits: the log tells each one, in every language, and none is lost when its writer is killed.

use honker_testkit::numbered::{self, Logged, read_log};
use honker_testkit::protocol::Command;
use honker_testkit::{JournalMode, LONG, NumberedLoop, PythonWriter, TempDb, Writer, wait_until};

fn database() -> TempDb {
    let db = TempDb::new(JournalMode::Wal);
    db.sql(numbered::SCHEMA);
    db
}

fn order(conn: u32, n: u64, log: std::path::PathBuf) -> NumberedLoop {
    NumberedLoop {
        conn,
        n,
        sql: numbered::entry(10),
        log,
        ..NumberedLoop::default()
    }
}

#[test]
fn the_log_tells_each_commit_before_and_after_in_every_language() {
    for writer in [Writer::spawn, PythonWriter::spawn] {
        let db = database();
        let mut writer = writer();
        let conn = writer.open(db.path());
        let log = db.beside("log");
        let report = writer.numbered_loop(order(conn.0, 20, log.clone()));
        assert_eq!(report.map(|report| report.commits), Ok(20));
        let logged = read_log(&log).unwrap();
        let expected = (1..=20).flat_map(|k| [(k, false), (k, true)]);
        let told = logged
            .iter()
            .map(|Logged { k, returned, .. }| (*k, *returned));
        assert!(told.eq(expected), "{logged:?}");
        assert!(logged.is_sorted_by_key(|logged| logged.ns));
        let rows = writer.query_i64(conn, "SELECT count(*) FROM entry, counter WHERE k <= n");
        assert_eq!(rows, 20);
    }
}

#[test]
fn a_killed_writer_leaves_at_most_one_commit_in_doubt() {
    let db = database();
    let log = db.beside("log");
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer.send(&Command::NumberedLoop(order(conn.0, u64::MAX, log.clone())));
    assert!(wait_until(LONG, || read_log(&log).unwrap().len() > 100));
    writer.kill();
    let mut reader = Writer::spawn();
    let conn = reader.open(db.path());
    let made = reader.query_i64(conn, "SELECT n FROM counter");
    let logged = read_log(&log).unwrap();
    let returned = logged.iter().filter(|logged| logged.returned).count();
    let returned = i64::try_from(returned).unwrap();
    assert!(
        made == returned || made == returned + 1,
        "{made} {returned}"
    );
}
