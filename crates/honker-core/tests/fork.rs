//! Fork without exec: a child learns that what it inherited is its parent's, watches anew, and hurts nobody.

#![cfg(unix)] // only POSIX has fork

#[path = "fork/load.rs"]
mod load;

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, fork};
use load::forks_under_load;

#[test]
fn children_of_a_busy_process_that_polls_watch_anew() {
    forks_under_load(WatcherBackend::Polling);
}

#[cfg(feature = "kernel-watcher")]
#[test]
fn children_of_a_busy_process_that_uses_file_events_watch_anew() {
    forks_under_load(WatcherBackend::KernelWatch);
}

#[cfg(feature = "shm-fast-path")]
#[test]
fn children_of_a_busy_process_that_reads_the_wal_index_watch_anew() {
    forks_under_load(WatcherBackend::ShmFastPath);
}

#[test]
fn a_child_of_a_child_watches_anew_too() {
    let db = TempDb::new(JournalMode::Delete);
    let watcher = SharedUpdateWatcher::new(db.path()).expect("a watcher");
    let open = || SharedUpdateWatcher::new(db.path()).map_err(|error| error.to_string());
    let child = fork(|steps| {
        steps.at("opening in the child");
        let own = open()?;
        steps.at("waiting for its child");
        fork(|steps| {
            for inherited in [&watcher, &own] {
                steps.at("asking an inherited watcher");
                let subscribed = inherited.update_events();
                assert!(
                    subscribed.is_err_and(|error| error.kind() == honker_core::ErrorKind::Forked)
                );
            }
            steps.at("opening in the child of the child");
            let events = open()?.update_events();
            events.map(drop).map_err(|error| error.to_string())
        })
        .finish(LONG)?;
        steps.at("asking its own watcher");
        own.update_events()
            .map(drop)
            .map_err(|error| error.to_string())
    });
    child.finish(LONG).expect("no hang");
    watcher.update_events().expect("the parent is unhurt");
}
