//! Many databases in one process: what each of them holds, and that none is taken for another.

#![cfg(unix)] // counts descriptors

#[path = "harmless/census.rs"]
mod census;

use census::Census;
use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, Synchronous, TempDb, Writer, sidecar};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The counts are those of the process, so only one test counts at a time.
static ALONE: Mutex<()> = Mutex::new(());

const DATABASES: usize = 100;
/// What the observer thread has besides: numbers 0 to 2, its bell, and two inotify instances.
const OWN: usize = 6;

fn watch(path: &Path, backend: WatcherBackend) -> SharedUpdateWatcher {
    let watcher = SharedUpdateWatcher::builder(path).backend(backend).open();
    let watcher = watcher.expect("a watcher");
    assert_eq!(watcher.backend(), backend, "no fall-back");
    watcher
}

/// Copies of a database, each in a directory of its own or all in one, and a connection to each.
fn copies(template: &TempDb, writer: &mut Writer, mode: JournalMode, apart: bool) -> Vec<PathBuf> {
    (0..DATABASES)
        .map(|number| {
            let name = if apart {
                format!("{mode}-{number}/app.db")
            } else {
                format!("{mode}-{number}.db")
            };
            let path = template.dir().join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::copy(template.path(), &path).expect("a copy");
            let conn = writer.open_in(&path, mode, Synchronous::Off);
            writer
                .exec(conn, "UPDATE t SET n = n + 1")
                .expect("a commit");
            path
        })
        .collect()
}

#[test]
fn a_database_holds_at_most_three_descriptors_and_neighbours_share_that_of_their_directory() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for mode in [JournalMode::Wal, JournalMode::Delete] {
        for apart in [true, false] {
            let template = TempDb::new(mode);
            let mut writer = Writer::spawn();
            let paths = copies(&template, &mut writer, mode, apart);
            for backend in [
                WatcherBackend::Polling,
                WatcherBackend::KernelWatch,
                WatcherBackend::ShmFastPath,
            ] {
                if backend == WatcherBackend::ShmFastPath && mode != JournalMode::Wal {
                    continue;
                }
                let before = Census::settled();
                let watchers: Vec<_> = paths.iter().map(|path| watch(path, backend)).collect();
                // Now everybody has looked, and has what it looks at.
                let events: Vec<_> = watchers
                    .iter()
                    .map(|watcher| watcher.update_events().expect("a subscription"))
                    .collect();
                let census = Census::settled();
                let files = if mode == JournalMode::Wal { 3 } else { 1 };
                let directories = if apart { DATABASES } else { 1 };
                assert!(
                    census.observer <= files * DATABASES + directories + OWN,
                    "{mode}, {backend}: {census:?}"
                );
                // The proof that the count counts.
                assert!(census.observer >= files * DATABASES + directories);
                assert_eq!(census.host, before.host + 1, "the bell and no more");
                assert_eq!(census.threads, 1, "one thread for all");
                drop((events, watchers));
                before.comes_back(&format!("{mode}, {backend}"));
            }
        }
    }
}

#[test]
fn one_commit_among_many_databases_of_a_directory_wakes_its_own_watcher_only() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let template = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let paths = copies(&template, &mut writer, mode, false);
        let mut watchers: Vec<_> = paths
            .iter()
            .map(|path| Some(watch(path, WatcherBackend::KernelWatch)))
            .collect();
        // Every third goes, so that its names are forgotten beside those of its neighbours.
        watchers.iter_mut().step_by(3).for_each(|gone| *gone = None);
        let mut events: Vec<_> = watchers
            .iter()
            .map(|watcher| Some(watcher.as_ref()?.update_events().expect("a subscription")))
            .collect();
        for (number, path) in paths.iter().enumerate() {
            let conn = writer.open_in(path, mode, Synchronous::Off);
            writer
                .exec(conn, "UPDATE t SET n = n + 1")
                .expect("a commit");
            if let Some(events) = &mut events[number] {
                let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
                assert_eq!(
                    (update.commits, update.exact),
                    (1, true),
                    "{mode}, {number}"
                );
            }
            writer.close(conn);
        }
        for (number, watcher) in watchers.iter().enumerate() {
            if let (Some(watcher), Some(events)) = (watcher, &mut events[number]) {
                // Subscribing looks, so that what is there now is all there is.
                drop(watcher.update_events().expect("alive"));
                assert_eq!(events.try_recv().expect("alive"), None, "{mode}, {number}");
                assert_eq!(watcher.stats().wakes, 1, "{mode}, {number}");
                let wal = sidecar(watcher.path(), "-wal");
                assert_eq!(wal.exists(), mode == JournalMode::Wal, "{mode}, {number}");
            }
        }
    }
}
