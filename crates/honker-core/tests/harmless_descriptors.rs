//! Harmless: watchers that come and go leave no descriptor, no watch and no thread behind.

#![cfg(unix)] // descriptors are POSIX's

#[path = "harmless/census.rs"]
mod census;

use census::Census;
use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, Synchronous, TempDb, Writer, count, threads, wait_until};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The counts are those of the process, so only one test counts at a time.
static ALONE: Mutex<()> = Mutex::new(());

const BACKENDS: [WatcherBackend; 3] = [
    WatcherBackend::Polling,
    WatcherBackend::KernelWatch,
    WatcherBackend::ShmFastPath,
];

/// Opens and closes; every other time with a subscription that outlives `close`.
fn cycle(path: &Path, number: usize) {
    let opened = SharedUpdateWatcher::builder(path)
        .backend(BACKENDS[number % BACKENDS.len()])
        .open();
    // The third backend refuses rollback modes, after it has looked.
    let Ok(watcher) = opened else { return };
    let events = watcher.update_events().expect("a subscription");
    if number.is_multiple_of(2) {
        watcher.close();
    }
    drop(watcher);
    drop(events);
}

/// Each backend once, in WAL too: what the observer thread keeps for as long as it lives, it has then.
fn use_everything_once() {
    let db = TempDb::new(JournalMode::Wal);
    (0..BACKENDS.len()).for_each(|number| cycle(db.path(), number));
}

#[test]
fn descriptors_are_flat_over_opening_and_closing_one_database() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cycles = count(300, 10_000);
    // With an open connection, in WAL, there are `-wal` and `-shm` to be opened too; in the other mode a journal.
    for mode in [JournalMode::Persist, JournalMode::Wal] {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Off);
        let anchor = TempDb::new(JournalMode::Delete);
        let kept = SharedUpdateWatcher::builder(anchor.path())
            .backend(WatcherBackend::KernelWatch)
            .open()
            .expect("a watcher that keeps the observer thread");
        use_everything_once();
        let before = Census::settled();
        for number in 0..cycles {
            if number.is_multiple_of(100) {
                writer
                    .exec(conn, "UPDATE t SET n = n + 1 WHERE id = 1")
                    .expect("a commit");
            }
            cycle(db.path(), number);
        }
        before.comes_back(&format!("{mode}: {cycles} cycles"));
        drop(kept);
    }
}

#[test]
fn descriptors_are_flat_over_distinct_databases() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let databases = count(300, 10_000);
    let place = tempfile::tempdir().expect("a directory");
    let anchor = TempDb::new(JournalMode::Delete);
    let kept = SharedUpdateWatcher::builder(anchor.path())
        .backend(WatcherBackend::KernelWatch)
        .open()
        .expect("a watcher that keeps the observer thread");
    let templates = JournalMode::ALL.map(TempDb::new);
    use_everything_once();
    let before = Census::settled();
    for number in 0..databases {
        // A hundred to a directory: neighbours of each other, and not all of them.
        let directory = place.path().join((number / 100).to_string());
        fs::create_dir_all(&directory).expect("a directory");
        let path = directory.join(format!("{number}.db"));
        fs::copy(templates[number % templates.len()].path(), &path).expect("a copy");
        cycle(&path, number / templates.len());
    }
    before.comes_back(&format!("{databases} databases"));
    drop(kept);
}

#[test]
fn many_databases_at_once_leave_nothing_behind_either() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let databases = count(25, 250);
    let place = tempfile::tempdir().expect("a directory");
    let template = TempDb::new(JournalMode::Delete);
    let anchor = TempDb::new(JournalMode::Delete);
    let kept = SharedUpdateWatcher::builder(anchor.path())
        .backend(WatcherBackend::KernelWatch)
        .open()
        .expect("a watcher that keeps the observer thread");
    use_everything_once();
    let before = Census::settled();
    let watchers: Vec<_> = (0..databases)
        .map(|number| {
            let path = place.path().join(format!("{number}.db"));
            fs::copy(template.path(), &path).expect("a copy");
            SharedUpdateWatcher::builder(path)
                .backend(WatcherBackend::KernelWatch)
                .open()
                .expect("a watcher")
        })
        .collect();
    let during = Census::now();
    // The proof that the counts count.
    assert!(
        during.observer >= before.observer + watchers.len(),
        "{during:?} after {before:?}"
    );
    assert!(during.watches >= before.watches + watchers.len());
    assert_eq!(during.host, before.host, "none of them in the host's table");
    assert_eq!(during.threads, before.threads, "one thread for all");
    drop(watchers);
    before.comes_back(&format!("{databases} at once"));
    drop(kept);
}

#[test]
fn the_observer_thread_and_its_descriptors_go_with_the_last_watcher() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cycles = count(300, 10_000);
    let db = TempDb::new(JournalMode::Wal);
    cycle(db.path(), 0);
    assert!(wait_until(LONG, || !is_observed()));
    let before = Census::now();
    for number in 0..cycles {
        cycle(db.path(), number);
    }
    before.comes_back(&format!("{cycles} observer threads"));
    assert!(wait_until(LONG, || !is_observed()));
}

fn is_observed() -> bool {
    let threads = threads::of(std::process::id());
    threads.iter().any(|(_, name)| name == "honker-observer")
}
