//! What the command does on Windows, where there are no signals, and jobs for process groups. The other tests need Unix.
#![cfg(windows)]

mod command;

use command::{HONKER, Honker, run, start_watch, watch_json};
use honker_testkit::clock::monotonic_ns;
use honker_testkit::process::Process;
use honker_testkit::{JournalMode, LONG, TempDb, Writer, wait_until};
use std::process::Stdio;

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

fn ready(db: &TempDb, options: &[&str]) -> Honker {
    let honker = start_watch(db.path(), options);
    honker.ready();
    honker
}

#[test]
fn each_commit_is_a_line_on_the_clock_that_all_processes_share() {
    for mode in [JournalMode::Wal, JournalMode::Delete] {
        for backend in ["auto", "kernel", "polling"] {
            let db = TempDb::new(mode);
            let mut writer = Writer::spawn();
            let conn = writer.open(db.path());
            let honker = watch_json(db.path(), &["--backend", backend]);
            for _ in 0..5 {
                let before = monotonic_ns();
                writer.exec(conn, INSERT).expect("a commit");
                let line = honker.json();
                let after = monotonic_ns();
                assert_eq!(line["event"], "commit", "{mode} {backend}: {line}");
                assert_eq!(line["commits"], 1, "{mode} {backend}: {line}");
                let at = line["monotonic_ns"].as_u64().expect("a number");
                assert!((before..=after).contains(&at), "{before} {at} {after}");
            }
        }
    }
}

#[test]
fn each_wake_runs_the_command_with_the_wake_in_its_environment() {
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let echo = "echo %HONKER_SEQ% %HONKER_COMMITS% %HONKER_DB%";
    let honker = ready(&db, &["--count", "2", "--", "cmd", "/C", echo]);
    for seq in [1, 2] {
        writer.exec(conn, INSERT).expect("a commit");
        let line = honker.line();
        let path = line.strip_prefix(&format!("{seq} 1 "));
        assert!(path.is_some_and(|path| path.ends_with("app.db")), "{line}");
    }
    assert_eq!(honker.end().code, Some(0));
}

#[test]
fn the_code_of_a_command_that_failed_is_passed_on_if_asked_for() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = ready(&db, &["--exit-on-error", "--", "cmd", "/C", "exit 7"]);
    db.sql(INSERT);
    assert_eq!(honker.end().code, Some(7));
}

#[test]
fn a_command_that_is_not_there_is_told_at_the_start() {
    let db = TempDb::new(JournalMode::Wal);
    let ended = start_watch(db.path(), &["--", "no-such-program"]).end();
    assert_eq!(ended.code, Some(127));
    let complaint = ended.complaint();
    assert!(
        complaint.contains("not found") && complaint.contains("cmd /C"),
        "{complaint}"
    );
}

#[test]
fn at_the_timeout_a_command_is_ended_and_what_it_has_started() {
    let db = TempDb::new(JournalMode::Wal);
    let other = TempDb::new(JournalMode::Wal);
    let inner = [
        HONKER,
        "watch",
        "--json",
        other.path().to_str().expect("text"),
    ];
    let honker = ready(
        &db,
        &[&["--timeout", "12s", "--", "cmd", "/C"], &inner[..]].concat(),
    );
    db.sql(INSERT);
    let line = honker.json();
    assert_eq!(line["event"], "init", "{line}");
    // The pipe of its output ends with the last process that has it.
    let ended = honker.end();
    assert_eq!(ended.code, Some(124), "{ended:?}");
}

#[test]
fn a_command_line_that_is_wrong_has_the_same_codes() {
    assert_eq!(run(["watch", "--nonsense"]).code, Some(2));
    assert_eq!(run(["watch", r"C:\no\such\app.db"]).code, Some(4));
    let db = TempDb::new(JournalMode::Wal);
    let path = db.path().to_str().expect("text");
    let ended = run(["watch", "--timeout", "50ms", path]);
    assert_eq!(ended.code, Some(124), "{ended:?}");
    let probed = run(["probe", "--json", path]);
    assert_eq!(probed.code, Some(0), "{probed:?}");
    assert_eq!(probed.json()[0]["journal_mode"], "wal");
}

#[test]
fn a_reader_that_went_away_ends_it_at_the_next_line() {
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let mut command = command::command(["watch", "--json"]);
    command
        .arg(db.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut honker = Process::spawn(&mut command);
    drop(honker.child().stdout.take());
    let ended = wait_until(LONG, || {
        writer.exec(conn, INSERT).expect("a commit");
        !honker.is_running()
    });
    assert!(ended);
    assert_eq!(honker.wait(LONG).code(), Some(0));
}
