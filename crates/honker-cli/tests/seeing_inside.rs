//! `honker watch --stats`, SIGUSR1, and `--verbose`: seeing inside.

mod command;

use std::collections::BTreeMap;

use command::{Ended, Honker, start_watch};
use honker_testkit::{JournalMode, TempDb, Writer};
use nix::sys::signal::Signal;

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

/// `name=value` after `stats:`.
fn fields(line: &str) -> BTreeMap<&str, &str> {
    let fields = line
        .strip_prefix("stats: ")
        .unwrap_or_else(|| panic!("{line}"));
    let fields = fields.split(' ').map(|field| field.split_once('='));
    fields.map(|field| field.expect("name=value")).collect()
}

fn number(line: &str, name: &str) -> u64 {
    fields(line)[name].parse().expect("a number")
}

#[test]
fn at_the_end_a_line_tells_what_was_done() {
    for options in [&["--json"][..], &[][..], &["--backend", "polling"]] {
        let db = TempDb::new(JournalMode::Wal);
        let options = [&["--stats", "--count", "3"], options].concat();
        let honker = start_watch(db.path(), &options);
        if options.contains(&"--json") {
            assert_eq!(honker.json()["event"], "init");
        } else {
            honker.ready();
        }
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        for _ in 0..3 {
            writer.exec(conn, INSERT).expect("a commit");
            honker.line();
        }
        let ended = honker.end();
        assert_eq!(ended.code, Some(0));
        let [line] = &ended.stderr[..] else {
            panic!("one line: {ended:?}");
        };
        assert_eq!((number(line, "wakes"), number(line, "commits")), (3, 3));
        assert!(number(line, "looks") >= 3);
        assert!(["kernel", "polling"].contains(&fields(line)["backend"]));
    }
}

#[test]
fn sigusr1_asks_for_the_line_at_any_time_and_ends_nothing() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = start_watch(db.path(), &["--count", "2"]);
    honker.ready();
    for wakes in 0..2 {
        honker.signal(Signal::SIGUSR1);
        assert_eq!(number(&honker.error_line(), "wakes"), wakes);
        db.sql(INSERT);
        honker.line();
    }
    let ended = honker.end();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.is_empty(), "not asked for: {ended:?}");
}

#[test]
fn with_a_time_the_line_comes_again_and_again() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = start_watch(db.path(), &["--stats=10ms"]);
    honker.ready();
    for _ in 0..5 {
        assert_eq!(number(&honker.error_line(), "wakes"), 0);
    }
    honker.signal(Signal::SIGTERM);
    assert_eq!(honker.end().code, Some(143));
}

#[test]
fn a_reason_for_wakes_that_are_not_exact_is_counted() {
    let db = TempDb::new(JournalMode::Delete);
    let honker = start_watch(db.path(), &["--stats", "--count", "1"]);
    honker.ready();
    db.journal_mode(JournalMode::Wal);
    let ended = honker.end();
    let line = ended.stderr.last().expect("a line");
    assert_eq!(number(line, "conservative.mode_switch"), 1, "{line}");
}

/// Gives what else was told, once all of `tells` were.
fn watch_verbosely(options: &[&str], level: Option<&str>, tells: &[&str]) -> Ended {
    let db = TempDb::new(JournalMode::Delete);
    let mut command = command::command(["watch", "--json"]);
    command.args(options).arg(db.path());
    if let Some(level) = level {
        command.env("HONKER_LOG", level);
    }
    let honker = Honker::start(&mut command);
    assert_eq!(honker.json()["event"], "init");
    db.journal_mode(JournalMode::Wal);
    assert_eq!(honker.json()["event"], "commit");
    for what in tells {
        while !honker.error_line().contains(what) {}
    }
    std::fs::remove_file(db.path()).expect("removed");
    let ended = honker.end();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    ended
}

#[test]
fn verbose_tells_on_standard_error_what_the_watcher_does() {
    const OPENED: &str = "INFO honker: watching";
    const INEXACT: &str = "reason=\"mode_switch\"";
    for (options, level, tells) in [
        (&[][..], None, &[][..]),
        (&["-v"], None, &[OPENED]),
        (&["-vv"], None, &[OPENED, INEXACT]),
        (&["--verbose", "--verbose"], None, &[OPENED, INEXACT]),
        (&[], Some("info"), &[OPENED]),
        (&[], Some("debug"), &[OPENED, INEXACT]),
        (&["-vv"], Some("error"), &[]),
        (&["-v"], Some(""), &[OPENED]),
    ] {
        let ended = watch_verbosely(options, level, tells);
        for line in &ended.stderr {
            let about = format!("{options:?}, {level:?}: {line}");
            assert!(!line.contains(OPENED) && !line.contains(INEXACT), "{about}");
        }
        let died = |line: &String| line.contains("database file replaced");
        assert!(ended.stderr.iter().any(died), "{ended:?}");
    }
}

#[test]
fn events_that_the_system_lost_are_told_and_counted() {
    let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events");
    let limit: u32 = limit.expect("Linux").trim().parse().expect("a number");
    if limit > 200_000 {
        println!("skipped: {limit} events would have to be made");
        return;
    }
    let db = TempDb::new(JournalMode::Delete);
    let honker = start_watch(db.path(), &["-v", "--backend", "kernel", "--count", "1"]);
    while !honker.error_line().starts_with("watching ") {}
    honker.stop();
    let (one, other) = (db.beside("one"), db.beside("other"));
    std::fs::write(&one, "").expect("a file");
    // Each is two events, and twice as many as are kept.
    for _ in 0..limit / 2 {
        std::fs::rename(&one, &other).expect("renamed");
        std::fs::rename(&other, &one).expect("renamed");
    }
    honker.cont();
    while !honker
        .error_line()
        .contains("WARN honker: file events were lost")
    {}
    honker.signal(Signal::SIGUSR1);
    assert_eq!(number(&honker.error_line(), "overflows"), 1);
    db.sql(INSERT);
    assert_eq!(honker.end().code, Some(0), "and it goes on");
}
