//! Harmless where the kernel refuses the observer thread a descriptor table of its own: descriptors are then kept.
//!
//! The refusal is for the whole process, so these tests have one to themselves.

#![cfg(unix)] // POSIX locks go with their process's descriptors

#[path = "harmless/host_locks.rs"]
mod host_locks;

use honker_core::testing::refuse_private_table;
use honker_testkit::{JournalMode, count};

#[test]
fn without_a_private_table_the_locks_of_the_host_are_the_same_too() {
    refuse_private_table(true);
    let cycles = count(60, 1000);
    for mode in JournalMode::ALL {
        host_locks::locks_stay_as_they_are(mode, cycles, false);
    }
    for mode in JournalMode::ALL {
        host_locks::a_plain_close_would_drop_them(mode);
    }
}
