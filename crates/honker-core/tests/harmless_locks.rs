//! Harmless: the locks of the host's own SQLite are what they were, whatever a watcher in its process does.
//!
//! POSIX locks belong to a process's descriptor table: closing any descriptor of a file drops all of them. So this is
//! the promise that most can break. No other test runs in this process, since a watcher of its own would keep the
//! observer thread that these tests want to see end.

#![cfg(unix)] // POSIX locks go with their process's descriptors

#[path = "harmless/host_locks.rs"]
mod host_locks;

use honker_testkit::{JournalMode, count};

#[test]
fn the_locks_of_the_host_are_the_same_before_during_and_after_watching() {
    let cycles = count(60, 1000);
    for mode in JournalMode::ALL {
        host_locks::locks_stay_as_they_are(mode, cycles, true);
    }
    for mode in JournalMode::ALL {
        host_locks::a_plain_close_would_drop_them(mode);
    }
}
