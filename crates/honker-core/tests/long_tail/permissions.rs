//! Read-only files and directories, and a user who may not read all of them. Root is never refused, so these tests run
//! again as somebody else.

use crate::watching;
use crate::{INSERT, open};
use honker_core::{Conservative, Error, ErrorKind, SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{
    CommitLoop, JournalMode, LONG, Synchronous, TempDb, Writer, again_as_nobody, argument, sidecar,
    wait_until,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("root may");
}

/// A database in a directory that others may read, and a writer that commits to it until it is dropped.
fn written(mode: JournalMode) -> (TempDb, Writer) {
    written_each(Duration::from_millis(5), mode)
}

fn written_each(pause: Duration, mode: JournalMode) -> (TempDb, Writer) {
    let db = TempDb::new(mode);
    chmod(db.dir(), 0o755);
    let mut writer = Writer::spawn();
    let conn = writer.open_in(db.path(), mode, Synchronous::Off);
    writer.exec(conn, INSERT).expect("a commit");
    writer.start_commit_loop(CommitLoop {
        conn: conn.0,
        n: u64::MAX,
        sql: INSERT.to_owned(),
        every_us: u64::try_from(pause.as_micros()).expect("short"),
        ..CommitLoop::default()
    });
    (db, writer)
}

/// Makes the databases as root and tells their paths to the test that runs again as nobody: one a line of a file.
fn prepare(databases: &[&TempDb]) {
    let list = tempfile::NamedTempFile::new().expect("a file");
    let paths: Vec<_> = databases
        .iter()
        .map(|db| db.path().display().to_string())
        .collect();
    fs::write(list.path(), paths.join("\n")).expect("written");
    chmod(list.path(), 0o644);
    again_as_nobody(list.path());
}

fn prepared() -> Option<Vec<PathBuf>> {
    let list = fs::read_to_string(argument()?).expect("the list of databases");
    Some(list.lines().map(PathBuf::from).collect())
}

fn refused(path: &Path, backend: WatcherBackend) -> Error {
    let opened = SharedUpdateWatcher::builder(path).backend(backend).open();
    opened.expect_err("nobody may not")
}

/// That a few wakes come.
fn is_woken(path: &Path, backend: WatcherBackend) -> SharedUpdateWatcher {
    let (watcher, mut events) = open(path, backend);
    for _ in 0..3 {
        let update = events.recv_timeout(LONG).expect("alive");
        assert!(update.is_some(), "{backend}: {:#?}", watcher.stats());
    }
    watcher
}

#[test]
fn read_only_files_and_directories_are_watched_with_every_backend_and_nothing_is_written() {
    let Some(paths) = prepared() else {
        let databases = JournalMode::ALL.map(written);
        for (db, _) in &databases {
            chmod(db.dir(), 0o555);
        }
        return prepare(&databases.each_ref().map(|(db, _)| db));
    };
    for (path, mode) in paths.iter().zip(JournalMode::ALL) {
        fs::File::options()
            .write(true)
            .open(path)
            .expect_err("read-only");
        fs::write(sidecar(path, "-x"), "").expect_err("read-only");
        for backend in watching::backends(mode) {
            let watcher = is_woken(path, backend);
            assert_eq!(watcher.stats().last_error, None, "{mode}, {backend}");
        }
    }
}

#[test]
fn a_user_who_may_not_read_shm_or_wal_or_the_database_is_told_which() {
    let Some(paths) = prepared() else {
        let (no_index, _one) = written(JournalMode::Wal);
        chmod(&no_index.shm(), 0o600);
        let (no_database, _two) = written(JournalMode::Wal);
        chmod(no_database.path(), 0o600);
        let (no_entry, _three) = written(JournalMode::Delete);
        chmod(no_entry.dir(), 0o700);
        // A log that a crash left behind has to be read.
        let (no_log, mut four) = written(JournalMode::Wal);
        four.kill();
        chmod(&no_log.wal(), 0o600);
        return prepare(&[&no_index, &no_database, &no_entry, &no_log]);
    };
    let [no_index, no_database, no_entry, no_log] = &paths[..] else {
        panic!("four databases: {paths:?}")
    };
    for backend in watching::backends(JournalMode::Wal)
        .into_iter()
        .chain([WatcherBackend::Auto])
    {
        for (path, what) in [
            (no_index, "the -shm of"),
            (no_database, "cannot open"),
            (no_entry, "cannot resolve"),
            (no_log, "the -wal of"),
        ] {
            let error = refused(path, backend);
            assert_eq!(
                error.kind(),
                ErrorKind::PermissionDenied,
                "{backend}: {error}"
            );
            // inotify comes first, and it has to read a file as well to watch it.
            let told = error.to_string();
            let inotify = backend == WatcherBackend::KernelWatch
                && told.contains("inotify cannot watch app.db");
            assert!(inotify || told.contains(what), "{backend}: {told}");
        }
    }
}

#[test]
fn beside_a_journal_that_may_not_be_read_open_refuses_and_a_watcher_that_is_open_wakes_inexactly() {
    let Some(paths) = prepared() else {
        let (db, _writer) = written_each(Duration::from_millis(300), JournalMode::Persist);
        let ready = db.beside("ready");
        fs::write(&ready, "").expect("a file");
        chmod(&ready, 0o666);
        let journal = db.journal();
        let forbidding = std::thread::spawn(move || {
            let told = || fs::read_to_string(&ready).is_ok_and(|text| !text.is_empty());
            if wait_until(LONG, told) {
                chmod(&journal, 0o600);
            }
        });
        prepare(&[&db]);
        return forbidding.join().expect("no panic");
    };
    let path = &paths[0];
    let watched: Vec<_> = watching::BACKENDS.map(|backend| open(path, backend)).into();
    fs::write(path.with_file_name("ready"), "now").expect("written");
    for (watcher, events) in watched {
        drop(events);
        let counted = || {
            let reasons = watcher.stats().conservative;
            reasons
                .iter()
                .any(|(reason, count)| *reason == Conservative::JournalUnreadable && *count > 1)
        };
        assert!(wait_until(LONG, counted), "{:#?}", watcher.stats());
    }
    let error = refused(path, WatcherBackend::Polling);
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("the -journal of"), "{error}");
    let error = refused(path, WatcherBackend::KernelWatch);
    assert!(
        error.to_string().contains("cannot watch app.db-journal of"),
        "{error}"
    );
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[test]
fn a_directory_that_may_not_be_read_is_refused_by_kernel_and_polled_by_auto() {
    let Some(paths) = prepared() else {
        let (delete, _one) = written(JournalMode::Delete);
        let (wal, _two) = written(JournalMode::Wal);
        for db in [&delete, &wal] {
            chmod(db.dir(), 0o711);
        }
        return prepare(&[&delete, &wal]);
    };
    for (path, mode) in paths.iter().zip([JournalMode::Delete, JournalMode::Wal]) {
        let error = refused(path, WatcherBackend::KernelWatch);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(
            error
                .to_string()
                .contains("its directory (Permission denied"),
            "{error}"
        );
        let watcher = is_woken(path, WatcherBackend::Auto);
        assert_eq!(watcher.backend(), WatcherBackend::Polling);
        assert!(
            watcher
                .stats()
                .fallback
                .is_some_and(|why| why.contains("its directory"))
        );
        for backend in watching::backends(mode) {
            if backend != WatcherBackend::KernelWatch {
                is_woken(path, backend);
            }
        }
    }
}
