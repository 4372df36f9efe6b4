//! SQLite from elsewhere: Debian's shell and Python, of other versions than the one that Rust brings along.

use honker_testkit::{
    CommitLoop, FakeClock, JournalMode, NodeWriter, NumberedLoop, PythonWriter, Shell, Synchronous,
    TempDb, Writer, numbered, truth,
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

#[test]
fn node_takes_the_same_commands() {
    if !NodeWriter::installed() {
        println!("skipped: no Node with node:sqlite");
        return;
    }
    let db = TempDb::new(JournalMode::Wal);
    let mut node = NodeWriter::spawn();
    let conn = node.open_in(db.path(), JournalMode::Wal, Synchronous::Normal);
    let done = node
        .exec(conn, "BEGIN; INSERT INTO t(n) VALUES (2), (3); COMMIT")
        .unwrap();
    assert!(done.before_ns <= done.after_ns && done.after_ns <= node.clock());
    assert_eq!(node.query_i64(conn, "SELECT sum(n) FROM t"), 5);
    let twice = node.exec(conn, "INSERT INTO t(id) VALUES (1)").unwrap_err();
    assert!(twice.is_constraint(), "{twice}");
    node.exec(conn, numbered::SCHEMA).unwrap();
    let order = NumberedLoop {
        conn: conn.0,
        n: 20,
        sql: numbered::entry(10),
        log: db.beside("node.log"),
        ..NumberedLoop::default()
    };
    assert_eq!(node.numbered_loop(order.clone()).unwrap().commits, 20);
    let logged = numbered::read_log(&order.log).unwrap();
    let returned: Vec<u64> = logged.iter().filter(|l| l.returned).map(|l| l.k).collect();
    assert_eq!(returned, (1..=20).collect::<Vec<_>>());

    let mut other = Writer::spawn();
    let holder = other.open(db.path());
    other.exec(holder, "BEGIN IMMEDIATE").unwrap();
    node.exec(conn, "PRAGMA busy_timeout=0").unwrap();
    let report = node.numbered_loop(order).unwrap();
    assert_eq!((report.commits, report.busy), (0, 20));
    node.close(conn);
    node.finish();
}

#[test]
fn a_fake_clock_steps_the_real_time_and_nothing_else() {
    if !FakeClock::installed() {
        println!("skipped: libfaketime is not installed");
        return;
    }
    let db = TempDb::new(JournalMode::Delete);
    let clock = FakeClock::new(db.dir());
    let mut command = PythonWriter::command();
    clock.apply(&mut command);
    let mut python = Writer::spawn_command(&mut command);
    let conn = python.open(db.path());
    let now = |python: &mut Writer| python.query_i64(conn, "SELECT unixepoch('now')");
    let (before, monotonic) = (now(&mut python), python.clock());
    clock.step_to(86_400.0);
    let ahead = now(&mut python) - before;
    assert!((86_400..90_000).contains(&ahead), "{ahead} s ahead");
    clock.step_to(-86_400.0);
    let behind = before - now(&mut python);
    assert!((80_000..=86_400).contains(&behind), "{behind} s behind");
    let passed = python.clock() - monotonic;
    assert!(
        passed < 3_600_000_000_000,
        "{passed} ns by the monotonic clock"
    );
}
