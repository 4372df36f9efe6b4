//! `honker watch DB -- CMD`: when the command runs, with what, and what becomes of it at the end.

mod command;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use command::{Honker, start_watch};
use honker_testkit::{CommitLoop, JournalMode, LONG, TempDb, Writer, wait_for};
use nix::sys::signal::Signal;
use rustix::fs::OFlags;

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

/// A command that tells what it was given, then waits until the test lets it go on.
struct Gate(PathBuf);

impl Gate {
    fn new(db: &TempDb) -> Self {
        let path = db.beside("gate");
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo runs").success());
        Self(path)
    }

    fn script(&self) -> String {
        let gate = self.0.display();
        format!("echo \"run $HONKER_SEQ $HONKER_COMMITS $HONKER_DB\"; read -r _ < '{gate}'; true")
    }

    /// Lets the run that waits, or the next that will, go on.
    fn open(&self) {
        let nonblock = i32::try_from(OFlags::NONBLOCK.bits()).expect("it fits");
        let opened: Option<File> = wait_for(LONG, || {
            // Without a reader this fails, instead of waiting for ever.
            let mut options = OpenOptions::new();
            options.write(true).custom_flags(nonblock);
            options.open(&self.0).ok()
        });
        assert!(opened.is_some(), "no run waits at the gate");
    }
}

fn watch_with(db: &TempDb, options: &[&str], command: &[&str]) -> Honker {
    let honker = start_watch(db.path(), &[options, &["--"], command].concat());
    if options.contains(&"--json") {
        assert_eq!(honker.json()["event"], "init");
    } else {
        honker.ready();
    }
    honker
}

#[test]
fn each_wake_runs_the_command_with_the_wake_in_its_environment() {
    let db = TempDb::new(JournalMode::Wal);
    let script = "echo $HONKER_SEQ $HONKER_COMMITS $HONKER_DB";
    let honker = watch_with(&db, &["--count", "2"], &["sh", "-c", script]);
    let path = db.path().display();
    db.sql(INSERT);
    assert_eq!(honker.line(), format!("1 1 {path}"));
    db.sql(INSERT);
    let ended = honker.end();
    assert_eq!(ended.stdout, [format!("2 1 {path}")]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn wakes_during_a_run_become_one_further_run_with_all_their_commits() {
    let db = TempDb::new(JournalMode::Delete);
    let gate = Gate::new(&db);
    let script = gate.script();
    let honker = watch_with(&db, &["--json", "--count", "2"], &["sh", "-c", &script]);
    let path = db.path().display();
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer.exec(conn, INSERT).expect("a commit");
    let mut lines = [honker.line(), honker.line()];
    lines.sort_by_key(|line| line.starts_with('{'));
    assert_eq!(lines[0], format!("run 1 1 {path}"));

    for _ in 0..5 {
        writer.exec(conn, INSERT).expect("a commit");
    }
    let last = honker.commits(5)["seq"].clone();
    gate.open();
    assert_eq!(honker.line(), format!("run {last} 5 {path}"));
    gate.open();
    let ended = honker.end();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.is_empty(), "{ended:?}");
}

#[test]
fn the_command_reads_nothing() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = watch_with(&db, &["--count", "1"], &["wc", "-c"]);
    db.sql(INSERT);
    assert_eq!(honker.line().trim(), "0");
    assert_eq!(honker.end().code, Some(0));
}

#[test]
fn a_failing_command_is_told_and_the_watch_goes_on() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = watch_with(&db, &["--count", "2"], &["sh", "-c", "exit 7"]);
    db.sql(INSERT);
    let told = honker.error_line();
    assert!(
        told.starts_with("honker: the command failed (exit status: 7)"),
        "{told}"
    );
    db.sql(INSERT);
    assert_eq!(honker.end().code, Some(0));
}

#[test]
fn exit_on_error_ends_with_the_commands_code() {
    for (script, code) in [("exit 7", 7), ("kill -KILL $$", 137)] {
        let db = TempDb::new(JournalMode::Wal);
        let honker = watch_with(&db, &["--exit-on-error"], &["sh", "-c", script]);
        db.sql(INSERT);
        assert_eq!(honker.end().code, Some(code), "{script}");
    }
}

#[test]
fn a_command_that_cannot_be_started_is_refused_before_anything_is_watched() {
    let db = TempDb::new(JournalMode::Wal);
    let plain = db.beside("plain");
    fs::write(&plain, "no program").expect("a file");
    let plain = plain.to_str().expect("text");
    for (program, code, says) in [
        ("no-such-command", 127, "not found"),
        ("/no/such/command", 127, "not found"),
        ("", 127, "not found"),
        (plain, 126, "executable"),
        (db.dir().to_str().expect("text"), 126, "executable"),
    ] {
        let ended = start_watch(db.path(), &["--", program]).end();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!(ended.stderr.len(), 1, "only the complaint: {ended:?}");
        let complaint = ended.complaint();
        assert!(
            complaint.contains(program) && complaint.contains(says),
            "{complaint}"
        );
    }
}

#[test]
fn a_command_that_goes_away_later_ends_the_watch_as_a_shell_would() {
    let db = TempDb::new(JournalMode::Wal);
    let program = db.beside("program");
    fs::copy("/bin/true", &program).expect("a program");
    let honker = watch_with(&db, &[], &[program.to_str().expect("text")]);
    fs::remove_file(&program).expect("removed");
    db.sql(INSERT);
    let ended = honker.end();
    assert_eq!(ended.code, Some(127), "{ended:?}");
    assert!(ended.complaint().contains("not found"), "{ended:?}");
}

#[test]
fn debounce_waits_for_quiet_and_then_runs_once_for_all_commits() {
    let db = TempDb::new(JournalMode::Wal);
    let script = "echo run $HONKER_COMMITS";
    let options = ["--debounce", "1s", "--count", "1"];
    let honker = watch_with(&db, &options, &["sh", "-c", script]);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path()).0;
    let order = CommitLoop {
        conn,
        n: 20,
        sql: INSERT.into(),
        every_us: 5000,
        ..CommitLoop::default()
    };
    writer.commit_loop(order).expect("commits");
    writer
        .exec(honker_testkit::Conn(conn), INSERT)
        .expect("a commit");
    let last = Instant::now();
    assert_eq!(honker.line(), "run 21");
    assert!(
        last.elapsed() >= Duration::from_millis(900),
        "{:?}",
        last.elapsed()
    );
    assert_eq!(honker.end().code, Some(0));
}

#[test]
fn what_was_committed_before_the_death_still_gets_its_run() {
    let db = TempDb::new(JournalMode::Delete);
    let gate = Gate::new(&db);
    let script = gate.script();
    let honker = watch_with(&db, &["--json"], &["sh", "-c", &script]);
    db.sql(INSERT);
    let mut lines = [honker.line(), honker.line()];
    lines.sort_by_key(|line| line.starts_with('{'));
    assert!(lines[0].starts_with("run 1 1 "), "{lines:?}");
    db.sql(INSERT);
    honker.commits(1);
    fs::remove_file(db.path()).expect("it is removed");
    assert_eq!(honker.json()["event"], "died");
    gate.open();
    assert!(honker.line().starts_with("run 2 1 "));
    gate.open();
    assert_eq!(honker.end().code, Some(3));
}

/// Says `up`, and then the number of each signal it gets until it has got SIGTERM or SIGINT and a moment has passed.
const TELLS_SIGNALS: &str = "
import signal, sys
got = []
def tell(number, frame):
    got.append(number)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, tell)
print('up', flush=True)
while not got:
    signal.pause()
signal.sigtimedwait([], 0.2)
print('got', *got, flush=True)
";

#[test]
fn a_signal_is_passed_on_once_and_the_command_is_waited_for() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let db = TempDb::new(JournalMode::Wal);
        let honker = watch_with(&db, &[], &["python3", "-c", TELLS_SIGNALS]);
        db.sql(INSERT);
        assert_eq!(honker.line(), "up");
        honker.signal(signal);
        let ended = honker.end();
        // The line is there, so the command was not left behind.
        assert_eq!(ended.stdout, [format!("got {}", signal as i32)]);
        assert_eq!(ended.code, Some(code));
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }
}

#[test]
fn what_the_command_started_gets_the_signal_too() {
    let db = TempDb::new(JournalMode::Wal);
    let python = db.beside("tells.py");
    fs::write(&python, TELLS_SIGNALS).expect("a file");
    let script = format!("python3 '{}' & wait", python.display());
    let honker = watch_with(&db, &[], &["sh", "-c", &script]);
    db.sql(INSERT);
    assert_eq!(honker.line(), "up");
    honker.signal(Signal::SIGTERM);
    let ended = honker.end();
    assert_eq!(ended.stdout, ["got 15"]);
    assert_eq!(ended.code, Some(143));
}

#[test]
fn a_second_signal_kills_a_command_that_ignores_the_first() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let db = TempDb::new(JournalMode::Wal);
        let stubborn = "trap 'echo ignored' INT TERM; echo up; while :; do sleep 0.05; done";
        let mut honker = watch_with(&db, &[], &["sh", "-c", stubborn]);
        db.sql(INSERT);
        assert_eq!(honker.line(), "up");
        honker.signal(signal);
        assert_eq!(honker.line(), "ignored");
        assert!(honker.is_running(), "it waits for the command");
        honker.signal(signal);
        let ended = honker.end();
        assert_eq!(ended.code, Some(128 + signal as i32), "{ended:?}");
    }
}

#[test]
fn at_the_timeout_a_running_command_is_ended() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = watch_with(&db, &["--timeout", "4s"], &["python3", "-c", TELLS_SIGNALS]);
    db.sql(INSERT);
    assert_eq!(honker.line(), "up");
    let ended = honker.end();
    assert_eq!(ended.stdout, ["got 15"]);
    assert_eq!(ended.code, Some(124));
}

#[test]
fn a_command_that_ignores_the_end_is_killed_after_the_timeout() {
    let db = TempDb::new(JournalMode::Wal);
    let stubborn = "trap '' TERM; echo up; while :; do sleep 1; done";
    let honker = watch_with(&db, &["--timeout", "3s"], &["sh", "-c", stubborn]);
    db.sql(INSERT);
    assert_eq!(honker.line(), "up");
    let ended = honker.end();
    assert_eq!(ended.code, Some(124), "{ended:?}");
}

#[test]
fn the_database_is_given_as_an_absolute_path() {
    let db = TempDb::new(JournalMode::Wal);
    let mut command = command::command([
        "watch",
        "--count",
        "1",
        "app.db",
        "--",
        "printenv",
        "HONKER_DB",
    ]);
    let honker = Honker::start(command.current_dir(db.dir()));
    honker.ready();
    db.sql(INSERT);
    let line = honker.line();
    assert!(Path::new(&line).is_absolute(), "{line}");
    assert_eq!(honker.end().code, Some(0));
}
