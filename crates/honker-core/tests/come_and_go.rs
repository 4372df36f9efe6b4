//! Watchers that come and go quickly. (A process of its own: its threads are counted.)

#![cfg(target_os = "linux")]

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, TempDb, count, threads};

/// The one that runs, the 16 that may be ending, and some that have let go of everything and are not quite gone.
const THREADS: usize = 1 + 16 + 8;

#[test]
fn opening_and_closing_again_and_again_leaves_few_threads_to_end_and_inotify_instances_for_others()
{
    for mode in [JournalMode::Wal, JournalMode::Delete] {
        let db = TempDb::new(mode);
        let mut most = 0;
        for _ in 0..count(500, 10_000) {
            let builder = SharedUpdateWatcher::builder(db.path());
            let watcher = builder.backend(WatcherBackend::KernelWatch).open();
            let watcher = watcher.expect("an inotify instance is left");
            watcher.close();
            let all = threads::of(std::process::id());
            let observers = all.iter().filter(|(_, name)| name == "honker-observer");
            most = most.max(observers.count());
        }
        println!("{mode}: {most} observer threads at most");
        assert!((1..=THREADS).contains(&most), "{mode}: {most}");
    }
}
