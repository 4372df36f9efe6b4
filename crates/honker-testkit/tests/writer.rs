//! The writer does what it is told, says when and how it failed, and can be stopped and killed at any moment.

use std::process::Command;
use std::time::Duration;

use honker_testkit::clock::monotonic_ns;
use honker_testkit::{CommitLoop, JournalMode, LONG, Open, OpenFlag, Synchronous, TempDb, Writer};
use honker_testkit::{exe, locks, truth, wait_until};

#[test]
fn the_program_found_is_the_one_that_cargo_built() {
    let built = std::fs::canonicalize(env!("CARGO_BIN_EXE_sqlite-writer")).unwrap();
    assert_eq!(std::fs::canonicalize(exe()).unwrap(), built);
}

#[test]
fn a_query_gives_what_exec_wrote_with_the_times_of_this_machine() {
    let db = TempDb::new(JournalMode::Delete);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let before = monotonic_ns();
    let done = writer
        .exec(
            conn,
            "INSERT INTO t(n, body) VALUES (7, 'a'), (8, x'0aff'); SELECT * FROM t; UPDATE t SET n = n + 1",
        )
        .unwrap();
    let after = monotonic_ns();
    assert!(before <= done.before_ns && done.before_ns <= done.after_ns && done.after_ns <= after);
    let rows = writer
        .query(conn, "SELECT n, body FROM t ORDER BY id")
        .unwrap();
    assert_eq!(
        serde_json::to_string(&rows).unwrap(),
        r#"[[1,null],[8,"a"],[9,"0AFF"]]"#
    );
    assert_eq!(writer.query_i64(conn, "SELECT sum(n) FROM t"), 18);
    assert!(writer.clock() >= after);
    writer.finish();
}

#[test]
fn errors_carry_the_codes_of_sqlite() {
    let db = TempDb::new(JournalMode::Delete);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let duplicate = writer
        .exec(conn, "INSERT INTO t(id) VALUES (1)")
        .unwrap_err();
    assert!(duplicate.is_constraint());
    assert_eq!((duplicate.code, duplicate.extended), (19, 1555));
    let syntax = writer.exec(conn, "INSERT NOTHING").unwrap_err();
    assert_eq!(syntax.code, 1, "{syntax}");
    let missing = Open {
        flags: vec![OpenFlag::NoCreate],
        ..Open::default()
    };
    let refused = writer
        .try_open(db.beside("missing.db"), missing)
        .unwrap_err();
    assert_eq!(refused.code, 14, "{refused}");
    let readonly = Open {
        flags: vec![OpenFlag::Readonly],
        ..Open::default()
    };
    let reader = writer.try_open(db.path(), readonly).unwrap();
    assert_eq!(
        writer
            .exec(reader, "INSERT INTO t(n) VALUES (1)")
            .unwrap_err()
            .code,
        8
    );
}

#[test]
fn connections_of_one_process_are_separate() {
    let db = TempDb::new(JournalMode::Delete);
    let mut writer = Writer::spawn();
    let (one, two) = (writer.open(db.path()), writer.open(db.path()));
    writer.exec(two, "PRAGMA busy_timeout=0").unwrap();
    writer
        .exec(one, "BEGIN IMMEDIATE; INSERT INTO t(n) VALUES (1)")
        .unwrap();
    assert!(
        writer
            .exec(two, "INSERT INTO t(n) VALUES (2)")
            .unwrap_err()
            .is_busy()
    );
    writer.exec(one, "ROLLBACK").unwrap();
    writer.exec(two, "INSERT INTO t(n) VALUES (2)").unwrap();
    writer.close(one);
    assert!(writer.exec(one, "SELECT 1").is_err());
    assert_eq!(writer.query_i64(two, "SELECT count(*) FROM t"), 2);
}

#[test]
fn a_commit_loop_counts_its_commits_and_the_times_it_was_refused() {
    let db = TempDb::new(JournalMode::Delete);
    let mut writer = Writer::spawn();
    let conn = writer.open_in(db.path(), JournalMode::Delete, Synchronous::Off);
    let before = truth::file_change_counter(db.path()).unwrap();
    for sql in [
        "INSERT INTO t(n) VALUES (1)",
        "BEGIN; INSERT INTO t(n) VALUES (2); COMMIT",
        "INSERT INTO t(n) VALUES ({i})",
    ] {
        let order = CommitLoop {
            conn: conn.0,
            n: 50,
            sql: sql.into(),
            record: true,
            ..CommitLoop::default()
        };
        let report = writer.commit_loop(order).unwrap();
        assert_eq!(
            (report.commits, report.busy, report.times.len()),
            (50, 0, 50),
            "{sql}"
        );
        assert!(report.times.is_sorted_by_key(|done| done.after_ns));
    }
    assert_eq!(truth::file_change_counter(db.path()).unwrap(), before + 150);

    let mut other = Writer::spawn();
    let holder = other.open(db.path());
    other.exec(holder, "BEGIN IMMEDIATE").unwrap();
    writer.exec(conn, "PRAGMA busy_timeout=0").unwrap();
    let order = CommitLoop {
        conn: conn.0,
        n: 10,
        sql: "BEGIN; UPDATE t SET n = 1; COMMIT".into(),
        ..CommitLoop::default()
    };
    let report = writer.commit_loop(order).unwrap();
    assert_eq!((report.commits, report.busy), (0, 10));
}

#[test]
fn a_commit_loop_keeps_its_pace_and_its_time_limit() {
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open_in(db.path(), JournalMode::Wal, Synchronous::Normal);
    let order = CommitLoop {
        conn: conn.0,
        n: 20,
        sql: "UPDATE t SET n = n + 1".into(),
        every_us: 2000,
        ..CommitLoop::default()
    };
    let report = writer.commit_loop(order.clone()).unwrap();
    assert_eq!(report.commits, 20);
    assert!(report.elapsed_ns >= 19 * 2_000_000, "{report:?}");
    let report = writer
        .commit_loop(CommitLoop {
            n: u64::MAX,
            every_us: 0,
            for_ms: 30,
            ..order
        })
        .unwrap();
    assert!(
        report.commits > 0 && report.elapsed_ns >= 30_000_000,
        "{report:?}"
    );
}

#[test]
fn a_stopped_writer_does_nothing_until_it_is_continued() {
    let db = TempDb::new(JournalMode::Delete);
    let mut writer = Writer::spawn();
    let conn = writer.open_in(db.path(), JournalMode::Delete, Synchronous::Off);
    let start = truth::file_change_counter(db.path()).unwrap();
    writer.start_commit_loop(CommitLoop {
        conn: conn.0,
        n: 3000,
        sql: "UPDATE t SET n = n + 1".into(),
        ..CommitLoop::default()
    });
    assert!(wait_until(LONG, || truth::file_change_counter(db.path())
        > Some(start + 10)));
    writer.stop();
    let stopped = truth::file_change_counter(db.path());
    assert!(writer.receive_within(Duration::from_millis(50)).is_none());
    assert_eq!(truth::file_change_counter(db.path()), stopped);
    writer.cont();
    assert_eq!(writer.loop_report().unwrap().commits, 3000);
    assert_eq!(truth::file_change_counter(db.path()), Some(start + 3000));
}

#[test]
fn a_killed_writer_leaves_no_lock_and_its_transaction_is_undone() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer
            .exec(conn, "BEGIN IMMEDIATE; INSERT INTO t(n) VALUES (1)")
            .unwrap();
        assert!(!locks::of(writer.pid(), db.path()).is_empty(), "{mode}");
        writer.stop();
        writer.kill();
        assert!(locks::on(db.path()).is_empty(), "{mode}");
        assert!(locks::on(db.shm()).is_empty(), "{mode}");
        let mut next = Writer::spawn();
        let conn = next.open(db.path());
        assert_eq!(next.query_i64(conn, "SELECT count(*) FROM t"), 1, "{mode}");
    }
}

#[test]
fn the_log_stays_when_the_last_close_was_told_not_to_checkpoint() {
    for (keep, present) in [(false, false), (true, true)] {
        let db = TempDb::new(JournalMode::Wal);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer.no_ckpt_on_close(conn, keep);
        writer.exec(conn, "INSERT INTO t(n) VALUES (1)").unwrap();
        writer.close(conn);
        assert_eq!(db.wal().exists(), present);
    }
}

#[test]
fn once_runs_sql_in_a_process_of_its_own_and_answers_with_a_code() {
    let db = TempDb::new(JournalMode::Wal);
    let once = |sql: &str| {
        let mut command = Command::new(exe());
        command.args(["once", "--sql", sql, "--db"]).arg(db.path());
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, answer) = once("INSERT INTO t(n) VALUES (5)");
    assert_eq!(code, Some(0), "{answer}");
    assert!(
        answer.starts_with(r#"{"reply":"done","before_ns":"#),
        "{answer}"
    );
    assert!(!db.wal().exists(), "the last connection was closed");
    let (code, answer) = once("INSERT INTO t(id) VALUES (1)");
    assert_eq!(code, Some(1), "{answer}");
    assert!(answer.contains(r#""code":19,"extended":1555"#), "{answer}");
}
