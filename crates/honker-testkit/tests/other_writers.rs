//! SQLite from elsewhere: Debian's shell and Python, of other versions than the one that Rust brings along.

use honker_testkit::{
    CommitLoop, JournalMode, PythonWriter, Shell, Synchronous, TempDb, Writer, truth,
};

#[test]
fn the_shell_writes_in_one_process_per_statement() {
    let db = TempDb::new(JournalMode::Delete);
    assert!(
        Shell::installed(),
        "the sqlite3 shell is missing: install the package sqlite3"
    );
    let before = truth::file_change_counter(db.path()).unwrap();
    assert!(
        Shell::once(db.path(), "INSERT INTO t(n) VALUES (4)")
            .status
            .success()
    );
    assert!(
        !Shell::once(db.path(), "INSERT INTO t(id) VALUES (1)")
            .status
            .success()
    );
    assert_eq!(truth::file_change_counter(db.path()), Some(before + 1));
}

#[test]
fn the_shell_writes_in_one_long_process() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let db = TempDb::new(mode);
        let mut shell = Shell::spawn(db.path());
        assert_eq!(
            shell.exec("INSERT INTO t(n) VALUES (4) -- no semicolon"),
            Ok(vec![])
        );
        assert_eq!(
            shell.exec("SELECT n FROM t; SELECT 'b'"),
            Ok(vec!["0".into(), "4".into(), "b".into()])
        );
        let error = shell.exec("INSERT INTO t(id) VALUES (1)").unwrap_err();
        assert!(error.contains("UNIQUE"), "{error}");
        shell.exec("BEGIN; UPDATE t SET n = n + 1").unwrap();
        shell.process().stop();
        let mut other = Writer::spawn();
        let conn = other.open(db.path());
        other.exec(conn, "PRAGMA busy_timeout=0").unwrap();
        assert!(
            other
                .exec(conn, "UPDATE t SET n = 9")
                .unwrap_err()
                .is_busy(),
            "{mode}"
        );
        shell.process().cont();
        shell.exec("COMMIT").unwrap();
        assert_eq!(other.query_i64(conn, "SELECT sum(n) FROM t"), 6, "{mode}");
    }
}

#[test]
fn python_takes_the_same_commands() {
    let db = TempDb::new(JournalMode::Truncate);
    let mut python = PythonWriter::spawn();
    let conn = python.open_in(db.path(), JournalMode::Truncate, Synchronous::Normal);
    let before = truth::file_change_counter(db.path()).unwrap();
    python
        .exec(
            conn,
            "BEGIN; INSERT INTO t(n, body) VALUES (2, 'a;b'), (3, x'ff')",
        )
        .unwrap();
    assert_eq!(truth::file_change_counter(db.path()), Some(before));
    let done = python.exec(conn, "COMMIT").unwrap();
    assert!(done.before_ns <= done.after_ns && done.after_ns <= python.clock());
    assert_eq!(truth::file_change_counter(db.path()), Some(before + 1));
    assert_eq!(python.query_i64(conn, "SELECT sum(n) FROM t"), 5);
    let rows = python
        .query(conn, "SELECT body FROM t WHERE n > 1 ORDER BY n")
        .unwrap();
    assert_eq!(serde_json::to_string(&rows).unwrap(), r#"[["a;b"],["FF"]]"#);
    assert!(
        python
            .exec(conn, "INSERT INTO t(id) VALUES (1)")
            .unwrap_err()
            .is_constraint()
    );
    let order = CommitLoop {
        conn: conn.0,
        n: 20,
        sql: "BEGIN; UPDATE t SET n = {i}; COMMIT".into(),
        record: true,
        ..CommitLoop::default()
    };
    let report = python.commit_loop(order.clone()).unwrap();
    assert_eq!(
        (report.commits, report.busy, report.times.len()),
        (20, 0, 20)
    );

    let mut other = Writer::spawn();
    let holder = other.open(db.path());
    other.exec(holder, "BEGIN IMMEDIATE").unwrap();
    python.exec(conn, "PRAGMA busy_timeout=0").unwrap();
    let report = python.commit_loop(order).unwrap();
    assert_eq!((report.commits, report.busy), (0, 20));
    python.close(conn);
    python.finish();
}
