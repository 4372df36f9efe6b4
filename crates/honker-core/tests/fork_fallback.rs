//! Fork without exec where the kernel refuses the observer thread a descriptor table of its own: parent and child keep
//! descriptors, each its own.
//!
//! The refusal is for the whole process, so this test has one to itself.

#![cfg(unix)] // only POSIX has fork

#[path = "fork/load.rs"]
mod load;

use honker_core::WatcherBackend;
use honker_core::testing::refuse_private_table;

#[test]
fn children_of_a_busy_process_without_private_descriptors_watch_anew() {
    refuse_private_table(true);
    load::forks_under_load(WatcherBackend::KernelWatch);
    load::forks_under_load(WatcherBackend::Polling);
}
