//! `--since`, `--on-replace`, `--min-interval` and `--idle`: a watch that goes on, over restarts and restores.

mod command;

use command::{run, start_watch, watch_json};
use honker_testkit::{JournalMode, TempDb, Writer};
use std::fs;

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

#[test]
fn a_position_of_an_earlier_run_wakes_at_once_if_something_was_committed_since() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let db = TempDb::new(mode);
        // A connection that stays, so that none is the last to close: then the log would be gone, and with it the proof.
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        let first = start_watch(db.path(), &["--json", "--count", "1"]);
        let init = first.json()["position"].clone();
        writer.exec(conn, INSERT).expect("a commit");
        let wake = first.json()["position"].clone();
        assert_eq!(first.end().code, Some(0));
        let since = |position: &serde_json::Value, options: &[&str]| {
            let position = position.as_str().expect("a position").to_owned();
            let path = db.path().to_str().expect("text").to_owned();
            let words = [
                "watch", "--json", "--count", "1", "--since", &position, &path,
            ];
            run([&words[..], options].concat())
        };
        let ended = since(&init, &[]);
        assert_eq!(ended.code, Some(0));
        let lines = ended.json();
        assert_eq!(
            (&lines[1]["event"], &lines[1]["exact"]),
            (&"commit".into(), &false.into())
        );
        // Nothing has been committed since the wake: nothing to tell before the time is over.
        let ended = since(&wake, &["--timeout", "200ms"]);
        assert_eq!(
            (ended.code, ended.json().len()),
            (Some(124), 1),
            "{ended:?}"
        );
    }
}

#[test]
fn a_command_is_given_the_position_to_keep() {
    let db = TempDb::new(JournalMode::Delete);
    let script = "echo $HONKER_POSITION";
    let honker = start_watch(db.path(), &["--count", "1", "--", "sh", "-c", script]);
    honker.ready();
    db.sql(INSERT);
    let position = honker.line();
    assert_eq!(honker.end().code, Some(0));
    db.sql(INSERT);
    let path = db.path().to_str().expect("text");
    let ended = run(["watch", "--count", "1", "--since", &position, path]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout[0].contains("at least 1 commit"), "{ended:?}");
}

#[test]
fn a_replaced_database_is_followed_where_that_is_asked_for() {
    let db = TempDb::new(JournalMode::Delete);
    let honker = watch_json(db.path(), &["--on-replace", "follow"]);
    let restored = db.beside("restored.db");
    fs::copy(db.path(), &restored).expect("a copy");
    fs::rename(&restored, db.path()).expect("rename");
    let replaced = honker.json();
    assert_eq!(
        (&replaced["event"], &replaced["commits"]),
        (&"replaced".into(), &0.into())
    );
    db.sql(INSERT);
    assert_eq!(honker.commits(1)["seq"], 2);
}

#[test]
fn wakes_are_kept_apart_and_idle_times_are_told() {
    let db = TempDb::new(JournalMode::Delete);
    let honker = watch_json(db.path(), &["--idle", "50ms", "--min-interval", "20ms"]);
    let idle = honker.json();
    assert_eq!(
        (&idle["event"], &idle["commits"]),
        (&"idle".into(), &0.into())
    );
    let text = start_watch(db.path(), &["--idle", "50ms", "--count", "1"]);
    assert!(text.line().contains("nothing committed"));
}

#[test]
fn what_is_no_position_is_refused_with_the_reason() {
    let db = TempDb::new(JournalMode::Delete);
    let path = db.path().to_str().expect("text");
    let ended = run(["watch", "--since", "yesterday", path]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.complaint().contains("is no position"), "{ended:?}");
    let ended = run(["watch", "--on-replace", "ignore", path]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.complaint().contains("die, follow"), "{ended:?}");
}
