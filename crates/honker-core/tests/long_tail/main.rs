//! The specification's long tail: a test named after each item, with every backend that it concerns. What each comes
//! to stands in `docs/guarantees.md`.

#![cfg(unix)] // mounts, links, users and limits of POSIX

mod containers;
mod copies;
mod file_systems;
mod foreign_writes;
mod limits;
mod links;
mod locking;
mod mounted_over;
mod neighbours;
mod permissions;
mod restore;
mod rollback_wakes;
mod unreadable;
#[allow(dead_code, reason = "the contract's tests use the rest")]
#[path = "../contract/watching.rs"]
mod watching;

use honker_core::{RecvError, SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{JournalMode, LONG};
use std::path::Path;

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

/// Every backend for a database that stays in this mode. (`auto` is one of them.)
fn every_backend(mode: JournalMode) -> Vec<WatcherBackend> {
    #[allow(unused_mut, reason = "a feature adds one")]
    let mut backends = watching::backends(mode);
    #[cfg(feature = "data-version")]
    backends.push(WatcherBackend::DataVersion);
    backends
}

/// A rollback mode and WAL, each with its backends: for what the journal mode changes nothing about.
fn both_modes() -> impl Iterator<Item = (JournalMode, WatcherBackend)> {
    [JournalMode::Delete, JournalMode::Wal]
        .into_iter()
        .flat_map(|mode| {
            every_backend(mode)
                .into_iter()
                .map(move |backend| (mode, backend))
        })
}

fn open(path: &Path, backend: WatcherBackend) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = SharedUpdateWatcher::builder(path)
        .backend(backend)
        .open()
        .unwrap_or_else(|error| panic!("{backend}: {error}"));
    let events = watcher.update_events().expect("a subscription");
    (watcher, events)
}

/// Waits for the end, past any wakes before it.
fn end_of(events: &mut UpdateEvents) -> RecvError {
    loop {
        match events.recv_timeout(LONG) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no end within {LONG:?}"),
            Err(error) => return error,
        }
    }
}
