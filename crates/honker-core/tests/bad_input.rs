//! Bad input: a clear error that says what to do, nothing created, nothing changed.

use honker_core::{ErrorKind, SharedUpdateWatcher, WatcherBackend, probe};
use honker_testkit::{LONG, TempDb};
use std::fs;
use std::path::Path;
use std::time::Duration;

const BACKENDS: [WatcherBackend; 3] = [
    WatcherBackend::Polling,
    WatcherBackend::KernelWatch,
    WatcherBackend::Auto,
];

/// Every backend, and the probe, refuse `path` for the same reason.
fn assert_refused(path: &Path, kind: ErrorKind, says: &str) {
    let mut errors = vec![probe(path).expect_err("refused")];
    for backend in BACKENDS {
        let opened = SharedUpdateWatcher::builder(path).backend(backend).open();
        errors.push(opened.expect_err("refused"));
    }
    for error in errors {
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn a_path_that_names_no_file_is_refused_with_the_reason() {
    let refuse =
        |path: &str, says: &str| assert_refused(Path::new(path), ErrorKind::InvalidPath, says);
    refuse("", "the path is empty");
    refuse(":memory:", "private to one connection");
    refuse("file:app.db?mode=ro", "is a URI");
    refuse("a\0b.db", "NUL");
}

#[test]
fn a_missing_directory_is_named() {
    let db = TempDb::absent();
    let directory = db.beside("no").join("such");
    let named = format!("\"{}\"", directory.display());
    assert_refused(
        &directory.join("app.db"),
        ErrorKind::DirectoryNotFound,
        &named,
    );
    assert!(!db.beside("no").exists());
}

#[test]
fn a_file_used_as_a_directory_is_refused() {
    let db = TempDb::absent();
    fs::write(db.path(), []).expect("a file");
    assert_refused(
        &db.path().join("app.db"),
        ErrorKind::DirectoryNotFound,
        if cfg!(windows) {
            "Directory"
        } else {
            "Not a directory"
        },
    );
}

#[test]
fn a_directory_is_refused() {
    let db = TempDb::absent();
    assert_refused(db.dir(), ErrorKind::IsDirectory, "is a directory");
}

#[cfg(unix)]
#[test]
fn special_files_are_refused_without_being_opened() {
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    let db = TempDb::absent();
    let fifo = db.beside("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .expect("mkfifo")
            .success()
    );
    assert_refused(&fifo, ErrorKind::NotRegularFile, "a FIFO");
    let socket = db.beside("socket");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    assert_refused(&socket, ErrorKind::NotRegularFile, "a socket");
    assert_refused(
        Path::new("/dev/null"),
        ErrorKind::NotRegularFile,
        "a device",
    );
}

#[test]
fn what_is_not_a_database_is_described_and_encryption_is_named_as_a_possibility() {
    let db = TempDb::absent();
    fs::write(db.path(), "%PDF-1.7 and more".repeat(20)).expect("a file");
    assert_refused(
        db.path(),
        ErrorKind::NotADatabase,
        "it starts with \"%PDF-1.7\"",
    );
    assert_refused(db.path(), ErrorKind::NotADatabase, "encrypted");
}

#[test]
fn a_truncated_header_is_described() {
    let db = TempDb::absent();
    fs::write(db.path(), "SQLite format 3\0").expect("a file");
    assert_refused(db.path(), ErrorKind::NotADatabase, "it is 16 bytes long");
}

#[cfg(unix)] // links need a privilege on Windows
#[test]
fn a_loop_of_links_is_refused() {
    let db = TempDb::absent();
    std::os::unix::fs::symlink(db.path(), db.path()).expect("a link");
    assert_refused(
        db.path(),
        ErrorKind::Io,
        "Too many levels of symbolic links",
    );
}

#[test]
fn an_interval_that_burns_a_core_or_hears_of_nothing_is_refused() {
    let db = TempDb::absent();
    let (least, most) = (Duration::from_micros(100), Duration::from_mins(1));
    let moment = Duration::from_nanos(1);
    let open = |interval| {
        let builder = SharedUpdateWatcher::builder(db.path()).poll_interval(interval);
        builder.open()
    };
    for refused in [
        Duration::ZERO,
        Duration::from_micros(99),
        most + moment,
        Duration::MAX,
    ] {
        let error = open(refused).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        let text = error.to_string();
        assert!(text.contains("between 100µs and 60s"), "{text}");
    }
    for accepted in [least, most] {
        drop(open(accepted).expect("accepted"));
    }
}

#[test]
fn an_unknown_backend_lists_the_valid_names() {
    let error = "inotify".parse::<WatcherBackend>().expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(
        error
            .to_string()
            .contains("polling, kernel, shm, data-version, auto"),
        "{error}"
    );
}

#[test]
fn a_refusal_leaves_the_directory_as_it_was() {
    let db = TempDb::absent();
    fs::write(
        db.path(),
        "not a database, but longer than the hundred bytes of a header: ".repeat(9),
    )
    .expect("a file");
    let before = fs::metadata(db.path())
        .expect("metadata")
        .modified()
        .expect("a time");
    assert_refused(db.path(), ErrorKind::NotADatabase, "not a SQLite database");
    let names: Vec<_> = fs::read_dir(db.dir()).expect("a directory").collect();
    assert_eq!(names.len(), 1);
    let after = fs::metadata(db.path())
        .expect("metadata")
        .modified()
        .expect("a time");
    assert_eq!(before, after);
}

#[test]
fn what_appears_for_a_missing_database_and_is_none_is_named_for_what_it_is() {
    let expected = [
        ErrorKind::NotADatabase,
        ErrorKind::NotADatabase,
        ErrorKind::IsDirectory,
    ];
    for (case, kind) in expected.into_iter().enumerate() {
        let db = TempDb::absent();
        let watcher = SharedUpdateWatcher::new(db.path()).expect("a watcher of a missing file");
        let mut events = watcher.update_events().expect("a subscription");
        let staged = db.beside("staged");
        match case {
            0 => fs::write(&staged, "hello").expect("a short file"),
            1 => fs::write(&staged, [b'x'; 4096]).expect("a file"),
            _ => fs::create_dir(&staged).expect("a directory"),
        }
        fs::rename(&staged, db.path()).expect("it appears");
        let error = events.recv_timeout(LONG).expect_err("the end");
        assert_eq!(error.kind(), kind, "{error}");
    }
}
