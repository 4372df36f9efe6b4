//! What `honker watch` prints: a line for each wake.

mod command;

use command::{Honker, start_watch, watch_json};
use honker_testkit::clock::monotonic_ns;
use honker_testkit::{JournalMode, PythonWriter, Shell, TempDb, Writer};

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

#[test]
fn json_has_an_init_line_and_then_a_line_for_each_commit_of_any_writer() {
    for (mode, name) in [(JournalMode::Wal, "wal"), (JournalMode::Delete, "rollback")] {
        for backend in ["auto", "kernel", "polling"] {
            let db = TempDb::new(mode);
            let honker = start_watch(db.path(), &["--json", "--backend", backend]);
            let init = honker.json();
            assert_eq!(init["event"], "init");
            assert_eq!(init["requested"], backend);
            let effective = init["backend"].as_str().expect("a name");
            assert!(effective == backend || backend == "auto", "{init}");
            assert_eq!(init["journal_mode"], name);
            assert!(init["file_system"].is_string());

            let mut rust = Writer::spawn();
            let rust_conn = rust.open(db.path());
            let mut python = PythonWriter::spawn();
            let python_conn = python.open(db.path());
            for seq in [1, 3, 5] {
                rust.exec(rust_conn, INSERT).expect("a commit");
                is_commit(&honker, seq, mode);
                python.exec(python_conn, INSERT).expect("a commit");
                is_commit(&honker, seq + 1, mode);
            }
            assert!(Shell::once(db.path(), INSERT).status.success());
            is_commit(&honker, 7, mode);
        }
    }
}

fn is_commit(honker: &Honker, seq: u64, mode: JournalMode) {
    let commit = honker.json();
    let now = monotonic_ns();
    assert_eq!(commit["event"], "commit", "{mode}: {commit}");
    assert_eq!(commit["seq"], seq, "{mode}: {commit}");
    assert_eq!(commit["commits"], 1, "{mode}: {commit}");
    assert_eq!(commit["exact"], true, "{mode}: {commit}");
    let at = commit["monotonic_ns"].as_u64().expect("a number");
    assert!(at <= now && now - at < 60_000_000_000, "{commit}");
    let time = commit["time"].as_str().expect("text");
    assert!(time.ends_with('Z') && time.contains('.'), "{time}");
    let fields: Vec<_> = commit.as_object().expect("an object").keys().collect();
    assert_eq!(fields.len(), 7, "{fields:?}");
}

#[test]
fn the_wake_comes_after_the_commit_began_on_the_same_clock() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = watch_json(db.path(), &[]);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let done = writer.exec(conn, INSERT).expect("a commit");
    let wake = honker.commits(1)["monotonic_ns"].as_u64();
    assert!(wake.expect("a number") > done.before_ns);
}

#[test]
fn what_commits_nothing_prints_nothing() {
    for mode in [JournalMode::Wal, JournalMode::Delete] {
        let db = TempDb::new(mode);
        let honker = watch_json(db.path(), &[]);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        for sql in [
            "BEGIN IMMEDIATE; INSERT INTO t(n) VALUES (2); ROLLBACK",
            "BEGIN IMMEDIATE; COMMIT",
            "SELECT * FROM t",
        ] {
            writer.exec(conn, sql).expect("it runs");
        }
        writer.exec(conn, INSERT).expect("a commit");
        assert_eq!(
            honker.commits(1)["seq"],
            1,
            "{mode}: the first wake is the commit's"
        );
    }
}

#[test]
fn text_has_a_readable_line_for_each_wake_and_nothing_else() {
    let db = TempDb::new(JournalMode::Delete);
    let honker = start_watch(db.path(), &["--count", "2"]);
    let ready = honker.ready();
    assert!(ready.contains("journal mode rollback"), "{ready}");
    db.sql(INSERT);
    let line = honker.line();
    assert!(
        line.contains("wake 1") && line.ends_with("1 commit, exact"),
        "{line}"
    );
    db.sql(INSERT);
    let ended = honker.end();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout.len(), 1);
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn a_database_of_0_bytes_is_watched() {
    let db = TempDb::absent();
    std::fs::write(db.path(), "").expect("an empty file");
    let honker = start_watch(db.path(), &["--json", "--count", "1"]);
    assert_eq!(honker.json()["journal_mode"], "undecided");
    db.sql("CREATE TABLE t(n)");
    let ended = honker.end();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.json()[0]["event"], "commit");
}

#[test]
fn wait_for_file_watches_a_missing_file_until_its_first_commit() {
    for backend in ["kernel", "polling"] {
        let db = TempDb::absent();
        let options = [
            "--json",
            "--wait-for-file",
            "--count",
            "1",
            "--backend",
            backend,
        ];
        let honker = start_watch(db.path(), &options);
        assert_eq!(honker.json()["journal_mode"], "undecided");
        assert!(!db.path().exists(), "watching creates nothing");
        db.sql("CREATE TABLE t(n)");
        let ended = honker.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.json()[0]["event"], "commit");
    }
}

#[test]
fn a_path_relative_to_the_working_directory_is_enough() {
    let db = TempDb::new(JournalMode::Wal);
    let mut command = command::command(["watch", "--json", "--count", "1", "app.db"]);
    let honker = Honker::start(command.current_dir(db.dir()));
    assert_eq!(honker.json()["event"], "init");
    db.sql(INSERT);
    assert_eq!(honker.end().code, Some(0));
}
