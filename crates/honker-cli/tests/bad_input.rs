//! Bad input: one line that says what to do, the right exit code, and nothing created or changed.

mod command;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use command::{Ended, HONKER, Honker, run};
use honker_testkit::{JournalMode, TempDb, Writer};

/// Names, sizes and contents of what is in a directory.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut entries: Vec<_> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            let regular = entry.file_type().expect("a type").is_file();
            // One of the tests forbids reading.
            let bytes = regular.then(|| fs::read(entry.path()).unwrap_or_default());
            let bytes = bytes.unwrap_or_default();
            (entry.path(), bytes)
        })
        .collect();
    entries.sort();
    entries
}

/// Watches and probes `database` with the directory of `db` as working directory: both refuse it.
fn refused(db: &TempDb, database: &str, says: &[&str]) {
    let before = contents(db.dir());
    for verb in ["watch", "probe"] {
        let mut command = command::command([verb, database]);
        let ended = Honker::start(command.current_dir(db.dir())).end();
        is_refused(&ended, 4, says);
    }
    assert_eq!(contents(db.dir()), before, "nothing was created or changed");
}

fn is_refused(ended: &Ended, code: i32, says: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    let complaint = ended.complaint();
    for text in says {
        assert!(complaint.contains(text), "no {text:?} in {complaint}");
    }
}

#[test]
fn a_missing_file_is_refused_and_the_flag_that_waits_for_it_is_named() {
    let db = TempDb::absent();
    let path = db.path().to_str().expect("text");
    is_refused(
        &run(["watch", path]),
        4,
        &["no such file", path, "--wait-for-file"],
    );
    is_refused(&run(["watch", "--json", path]), 4, &["no such file"]);
    assert!(contents(db.dir()).is_empty(), "nothing was created");
}

#[test]
fn a_missing_directory_is_refused_even_when_waiting_for_the_file() {
    let db = TempDb::absent();
    refused(&db, "missing/app.db", &["no such directory", "missing"]);
    let path = db.beside("missing/app.db");
    let ended = run(["watch", "--wait-for-file", path.to_str().expect("text")]);
    is_refused(&ended, 4, &["no such directory"]);
    assert!(contents(db.dir()).is_empty(), "nothing was created");
}

#[test]
fn a_directory_is_refused() {
    refused(&TempDb::absent(), ".", &["is a directory"]);
}

#[test]
fn a_path_through_a_file_is_refused() {
    let db = TempDb::new(JournalMode::Wal);
    refused(&db, "app.db/app.db", &["Not a directory", "Check the path"]);
}

#[test]
fn what_is_not_a_database_is_refused_with_what_was_found() {
    let db = TempDb::absent();
    fs::write(db.path(), "id,name\n".repeat(100)).expect("a file");
    refused(
        &db,
        "app.db",
        &["not a SQLite database", "id,name", "encrypted"],
    );
}

#[test]
fn a_truncated_header_is_refused() {
    let db = TempDb::new(JournalMode::Delete);
    let whole = fs::read(db.path()).expect("readable");
    for length in [1, 15, 16, 50, 99] {
        fs::write(db.path(), &whole[..length]).expect("written");
        refused(
            &db,
            "app.db",
            &["not a SQLite database", &format!("{length} byte")],
        );
    }
}

#[test]
fn a_fifo_is_refused_without_waiting_for_its_writer() {
    let db = TempDb::absent();
    let made = Command::new("mkfifo").arg(db.path()).status();
    assert!(made.expect("mkfifo runs").success());
    refused(&db, "app.db", &["is a FIFO"]);
}

#[test]
fn a_device_is_refused() {
    refused(&TempDb::absent(), "/dev/zero", &["is a device"]);
}

#[test]
fn a_loop_of_links_is_refused() {
    let db = TempDb::absent();
    std::os::unix::fs::symlink("app.db", db.path()).expect("a link");
    refused(&db, "app.db", &["symbolic links", "Check the path"]);
}

#[test]
fn a_path_that_names_no_file_is_refused_with_the_reason() {
    let db = TempDb::absent();
    refused(&db, "", &["the path is empty"]);
    refused(&db, ":memory:", &["private to one connection"]);
    refused(&db, "file:app.db?mode=ro", &["is a URI", "plain path"]);
    refused(&db, &"n".repeat(300), &["too long", "Check the path"]);
}

#[test]
fn a_database_without_permission_is_refused() {
    let db = TempDb::new(JournalMode::Delete);
    fs::set_permissions(db.path(), fs::Permissions::from_mode(0o000)).expect("set");
    if let Some(mut watch) = without_privileges(&db) {
        let ended = Honker::start(watch.arg(db.path())).end();
        is_refused(&ended, 4, &["Permission denied", "may read"]);
    }
}

#[cfg(feature = "data-version")]
#[test]
fn a_log_that_sqlite_may_not_create_is_refused_with_what_it_needs() {
    let db = TempDb::new(JournalMode::Wal);
    let asks_sqlite = ["--backend", "data-version", "--json", "--count", "1"];
    let Some(mut watch) = without_privileges(&db) else {
        return;
    };
    let ended = Honker::start(watch.args(asks_sqlite).arg(db.path())).end();
    is_refused(&ended, 4, &["SQLite cannot read", "-shm", "use polling"]);

    // With a writer connected the log is there, and reading it is enough.
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let insert = "INSERT INTO t(n) VALUES (1)";
    writer.exec(conn, insert).expect("a commit");
    let honker = Honker::start(&mut watch);
    assert_eq!(honker.json()["event"], "init");
    writer.exec(conn, insert).expect("a commit");
    assert_eq!(honker.json()["event"], "commit");
    assert_eq!(honker.end().code, Some(0));
}

/// `honker watch` as somebody who may write nothing in the database's directory. Nothing is forbidden to root, so the
/// command becomes somebody else; `None` where it can't.
fn without_privileges(db: &TempDb) -> Option<Command> {
    // Where the program lies may be closed to others.
    let program = db.beside("honker");
    fs::copy(HONKER, &program).expect("a copy");
    fs::set_permissions(db.dir(), fs::Permissions::from_mode(0o755)).expect("set");
    if Command::new("setpriv").arg("--version").output().is_err() {
        println!("skipped: there is no setpriv to become somebody else");
        return None;
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    let becomes = command.arg("true").status();
    if !becomes.is_ok_and(|status| status.success()) {
        println!("skipped: only root can become somebody else");
        return None;
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .arg("watch")
        .stdin(Stdio::null());
    Some(command)
}

#[test]
fn a_wrong_option_is_a_usage_error_in_one_line() {
    let db = TempDb::new(JournalMode::Wal);
    let path = db.path().to_str().expect("text");
    let before = contents(db.dir());
    let cases: [(&[&str], &[&str]); 27] = [
        (
            &["--backend", "inotify"],
            &["inotify", "polling, kernel, shm, data-version, auto"],
        ),
        (
            &["--backend", ""],
            &["polling, kernel, shm, data-version, auto"],
        ),
        (&["--poll-interval", "0ms"], &["longer than zero", "500ms"]),
        (&["--poll-interval", "-1ms"], &["negative", "500ms"]),
        (&["--poll-interval", "1"], &["no unit", "500ms"]),
        (&["--poll-interval", "often"], &["not a time", "500ms"]),
        (&["--poll-interval", "nan"], &["not a time", "500ms"]),
        (
            &["--backend", "kernel", "--poll-interval", "5ms"],
            &["no effect", "--backend kernel", "--backend polling"],
        ),
        (
            &["--backend", "shm", "--poll-interval", "5ms"],
            &["no effect", "--backend shm"],
        ),
        (&["--timeout", "nan"], &["not a time", "5s"]),
        (&["--timeout", "inf"], &["not a time", "5s"]),
        (&["--timeout", "-inf"], &["negative"]),
        (&["--stats=0s"], &["longer than zero"]),
        (&["--stats=5"], &["no unit"]),
        (&["--stats=often"], &["not a time"]),
        (&["--timeout", "0s"], &["longer than zero"]),
        (&["--timeout", "-5s"], &["negative"]),
        (&["--timeout", "5"], &["no unit", "5s"]),
        (&["--timeout=0"], &["longer than zero"]),
        (&["--count", "0"], &["at least 1"]),
        (&["--count", "-1"], &["at least 1"]),
        (&["--count", "many"], &["at least 1"]),
        (&["--debounce", "50ms"], &["CMD"]),
        (&["--exit-on-error"], &["CMD"]),
        (&["--jsn"], &["--jsn", "--json"]),
        (&["second.db"], &["second.db"]),
        (&["--json", "--json"], &["--json"]),
    ];
    for (options, says) in cases {
        let ended = run([&["watch", path], options].concat());
        is_refused(&ended, 2, says);
        assert!(
            ended.complaint().ends_with("(see honker --help)"),
            "{ended:?}"
        );
    }
    assert_eq!(contents(db.dir()), before, "nothing was created or changed");
}

#[test]
fn an_interval_that_burns_a_core_or_hears_of_nothing_is_refused() {
    let db = TempDb::new(JournalMode::Wal);
    let path = db.path().to_str().expect("text");
    for backend in ["polling", "auto", "data-version"] {
        for interval in ["99us", "61s"] {
            let options = ["--backend", backend, "--poll-interval", interval];
            let ended = run(["watch"].into_iter().chain(options).chain([path]));
            is_refused(&ended, 2, &["between 100µs and 60s", "kernel backend"]);
        }
    }
}

#[test]
fn a_log_level_that_is_none_is_refused() {
    let mut command = command::command(["probe", "app.db"]);
    let ended = Honker::start(command.env("HONKER_LOG", "loud")).end();
    is_refused(&ended, 2, &["HONKER_LOG", "loud", "debug"]);
}

#[test]
fn a_missing_or_unknown_subcommand_is_a_usage_error() {
    is_refused(&run(["watch"]), 2, &["<DB>"]);
    is_refused(&run(["wach", "app.db"]), 2, &["wach", "watch"]);
    let ended = run::<&str>([]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .iter()
            .any(|line| line.contains("Usage: honker"))
    );
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [
        &["--help"][..],
        &["watch", "--help"],
        &["help", "demo"],
        &["--version"],
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}");
        assert!(
            !ended.stdout.is_empty() && ended.stderr.is_empty(),
            "{ended:?}"
        );
    }
    let help = run(["--help"]).stdout.join("\n");
    assert!(
        help.contains("honker watch app.db -- make report"),
        "{help}"
    );
    assert!(!help.contains("demo-writer"), "{help}");
}
