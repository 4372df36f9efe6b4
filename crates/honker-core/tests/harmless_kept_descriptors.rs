//! Harmless without a descriptor table of its own: descriptors are kept, but one for each file, and not for ever.
//!
//! The refusal is for the whole process, so these tests have one to themselves.

#![cfg(unix)] // descriptors are POSIX's

#[path = "harmless/census.rs"]
mod census;

use census::Census;
use honker_core::testing::refuse_private_table;
use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{
    JournalMode, LONG, Synchronous, TempDb, Writer, count, fds, threads, wait_until,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The counts are those of the process, so only one test counts at a time.
static ALONE: Mutex<()> = Mutex::new(());

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];

/// The descriptors of this process, the observer's among them, that lead to what is in `directory`.
fn kept(directory: &Path) -> Vec<PathBuf> {
    let all = fds::of(std::process::id()).into_iter();
    all.map(|(_, target)| target)
        .filter(|target| target.starts_with(directory))
        .collect()
}

/// Watches, has another process commit, and closes.
fn cycle(db: &TempDb, number: usize, mut commit: impl FnMut()) {
    let watcher = SharedUpdateWatcher::builder(db.path())
        .backend(BACKENDS[number % BACKENDS.len()])
        .open()
        .expect("a watcher");
    assert!(!watcher.stats().private_descriptor_table);
    let mut events = watcher.update_events().expect("a subscription");
    commit();
    assert!(events.recv_timeout(LONG).expect("alive").is_some());
    watcher.close();
}

/// The thread's other descriptors go with it, and it ends after `close` has returned.
fn without_a_thread() -> Census {
    let ended = wait_until(LONG, || {
        let threads = threads::of(std::process::id());
        threads.iter().all(|(_, name)| name != "honker-observer")
    });
    assert!(ended);
    Census::settled()
}

#[test]
fn one_descriptor_a_file_is_kept_however_often_it_is_watched() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    refuse_private_table(true);
    let cycles = count(200, 10_000);
    for mode in [JournalMode::Persist, JournalMode::Wal] {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Off);
        let mut commit = || {
            writer
                .exec(conn, "UPDATE t SET n = n + 1 WHERE id = 1")
                .expect("a commit");
        };
        cycle(&db, 0, &mut commit);
        let after_one = without_a_thread();
        let mut expected = vec![db.path().to_owned()];
        if mode.is_wal() {
            expected.push(db.shm());
        }
        let mut files = kept(db.dir());
        files.sort();
        assert_eq!(files, expected, "{mode}: kept, and nothing but these");
        for number in 1..cycles {
            cycle(&db, number, &mut commit);
        }
        without_a_thread();
        after_one.comes_back(&format!("{mode}: {cycles} cycles"));
    }
}

#[test]
fn what_has_no_name_any_more_is_let_go() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    refuse_private_table(true);
    let sessions = count(100, 3000);
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let before = without_a_thread();
    // Each session makes a `-shm`, and its end removes it.
    for number in 0..sessions {
        cycle(&db, number, || {
            let conn = writer.open(db.path());
            writer
                .exec(conn, "UPDATE t SET n = n + 1 WHERE id = 1")
                .expect("a commit");
            writer.close(conn);
        });
        let files = kept(db.dir());
        assert!(files.len() <= 3, "session {number}: {files:?}");
    }
    println!(
        "{sessions} sessions: {:?} after {before:?}",
        without_a_thread()
    );
}

#[test]
fn distinct_databases_are_let_go_once_they_are_removed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    refuse_private_table(true);
    // Fewer than a process may have descriptors: while a database exists its descriptor stays.
    let databases = count(200, 500);
    let template = TempDb::new(JournalMode::Delete);
    let before = without_a_thread();
    let place = tempfile::tempdir().expect("a directory");
    for number in 0..databases {
        let path = place.path().join(format!("{number}.db"));
        fs::copy(template.path(), &path).expect("a copy");
        drop(SharedUpdateWatcher::new(path).expect("a watcher"));
    }
    without_a_thread();
    assert_eq!(kept(place.path()).len(), databases, "one for each");
    drop(place);
    // The next one that is opened finds out.
    let last = TempDb::new(JournalMode::Delete);
    drop(SharedUpdateWatcher::new(last.path()).expect("a watcher"));
    let after = without_a_thread();
    assert!(after.host <= before.host + 1, "{after:?} after {before:?}");
}
