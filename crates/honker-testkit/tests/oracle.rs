//! The oracle moves when SQLite says that something was committed.

use std::time::Duration;

use honker_testkit::{
    DataVersion, JournalMode, Synchronous, TempDb, Writer, random, truth, wait_for, wait_until,
};

#[test]
fn the_oracle_moves_with_a_commit_and_not_without() {
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let mut oracle = DataVersion::open(db.path());
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Normal);
        assert!(!oracle.moved(), "{mode}");
        writer.exec(conn, "INSERT INTO t(n) VALUES (1)").unwrap();
        assert!(oracle.moved(), "{mode}");
        assert!(!oracle.moved(), "{mode}");
        writer.exec(conn, "BEGIN IMMEDIATE; COMMIT").unwrap();
        assert!(!oracle.moved(), "{mode}");
    }
}

#[test]
fn the_oracle_is_refused_while_a_rollback_journal_writer_is_exclusive() {
    let db = TempDb::new(JournalMode::Delete);
    let mut oracle = DataVersion::open(db.path());
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer.exec(conn, "BEGIN EXCLUSIVE").unwrap();
    assert!(oracle.try_read().unwrap_err().is_busy());
    writer.exec(conn, "COMMIT").unwrap();
    assert!(!oracle.moved());
}

/// Where SQLite's word is more than the truth: the log begins anew, and `iChange` says that nothing was committed.
#[test]
fn the_oracle_moves_without_a_commit_when_the_log_begins_anew() {
    let spilled_rollback = "PRAGMA cache_size=5; BEGIN;
        WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 80)
        INSERT INTO t(body) SELECT randomblob(3000) FROM c; ROLLBACK";
    let db = TempDb::new(JournalMode::Wal);
    let mut oracle = DataVersion::open(db.path());
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let mut moves = |writer: &mut Writer, sql: &str| {
        let before = truth::wal_index_changes(db.path());
        writer.exec(conn, sql).unwrap();
        assert_eq!(truth::wal_index_changes(db.path()), before, "{sql}");
        oracle.moved()
    };
    assert!(!moves(&mut writer, spilled_rollback), "the log goes on");
    writer
        .exec(conn, "PRAGMA cache_size=-2000; UPDATE t SET n = 1")
        .unwrap();
    assert!(
        moves(&mut writer, "PRAGMA wal_checkpoint(PASSIVE)"),
        "the commit, seen late"
    );
    assert!(!moves(&mut writer, "PRAGMA wal_checkpoint(FULL)"));
    assert!(!moves(&mut writer, "PRAGMA wal_checkpoint(RESTART)"));
    assert!(moves(&mut writer, spilled_rollback), "the log begins anew");
    assert!(moves(&mut writer, "PRAGMA wal_checkpoint(TRUNCATE)"));
}

#[test]
fn a_file_can_change_between_wal_and_delete() {
    let db = TempDb::new(JournalMode::Delete);
    for (mode, version) in [(JournalMode::Wal, 2), (JournalMode::Delete, 1)] {
        db.journal_mode(mode);
        assert_eq!(std::fs::read(db.path()).unwrap()[19], version);
    }
}

#[test]
fn waiting_ends_with_the_condition_or_at_the_deadline() {
    let mut asked = 0;
    let reached = wait_for(Duration::from_secs(10), || {
        asked += 1;
        (asked == 5).then_some(asked)
    });
    assert_eq!(reached, Some(5));
    assert!(!wait_until(Duration::from_millis(5), || false));
    assert!(
        wait_until(Duration::ZERO, || true),
        "it is asked at least once"
    );
}

#[test]
fn the_same_seed_gives_the_same_choices() {
    let mut one = random::rng("the_same_seed");
    let mut two = random::Rng::with_seed(one.get_seed());
    assert!((0..100).all(|_| one.u64(..) == two.u64(..)));
}

/// SQLite makes the switch, either way, as one transaction of a rollback mode.
#[test]
fn a_switch_between_wal_and_delete_is_one_commit_to_the_file() {
    let db = TempDb::new(JournalMode::Delete);
    for mode in [
        JournalMode::Wal,
        JournalMode::Delete,
        JournalMode::Wal,
        JournalMode::Delete,
    ] {
        let before = truth::file_change_counter(db.path()).unwrap();
        db.journal_mode(mode);
        assert_eq!(
            truth::file_change_counter(db.path()),
            Some(before + 1),
            "to {mode}"
        );
    }
}
