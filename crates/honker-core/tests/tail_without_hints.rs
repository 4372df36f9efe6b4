//! One commit, then silence, and no file event ever: only the sweep is left. In a process of its own, because the hook
//! that suppresses the events holds for all of it.

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, Synchronous, TempDb, Writer, count, wait_until};

#[test]
fn without_events_the_sweep_finds_the_last_commit() {
    let commits = count(3, 100);
    honker_core::testing::suppress_hints(true);
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(WatcherBackend::KernelWatch)
            .open()
            .expect("a database can be watched");
        let mut events = watcher.update_events().expect("a live watcher");
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Full);
        for made in 1..=commits {
            // Until nothing of what went before keeps it looking.
            let before = watcher.stats().sweeps;
            let is_idle = || watcher.stats().sweeps >= before + 2;
            assert!(wait_until(LONG, is_idle), "{:#?}", watcher.stats());
            writer
                .exec(conn, "UPDATE t SET n = n + 1")
                .expect("a commit");
            let update = events.recv_timeout(LONG).expect("a live watcher");
            let update = update.unwrap_or_else(|| panic!("{mode}: commit {made} missed"));
            assert_eq!(update.commits, 1, "{mode}, {made}");
        }
        let stats = watcher.stats();
        println!(
            "{mode}: {commits} commits, {} by the sweep",
            stats.sweeps_found
        );
        assert_eq!(stats.hints, 0, "{stats:#?}");
        // An event that is thrown away with the very sweep does not count as lost.
        let by_sweep = stats.sweeps_found;
        assert!(by_sweep * 2 > commits as u64, "{mode}: {stats:#?}");
    }
}
