//! One commit, then silence: nothing that comes later helps to find it.

use crate::watching::Watched;
use honker_core::WatcherBackend;
use honker_testkit::{JournalMode, LONG, Synchronous, TempDb, Writer, count};

#[test]
fn the_last_commit_before_a_silence_is_found_through_its_events_and_not_by_the_sweep() {
    let commits = count(60, 2000);
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let mut watched = Watched::open(db.path(), WatcherBackend::KernelWatch);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Full);
        watched.look();
        for made in 1..=commits {
            writer
                .exec(conn, "UPDATE t SET n = n + 1")
                .expect("a commit");
            let update = watched.events.recv_timeout(LONG).expect("a live watcher");
            let update = update.unwrap_or_else(|| panic!("{mode}: commit {made} missed"));
            assert_eq!(update.commits, 1, "{mode}, {made}, {:#?}", watched.stats());
        }
        let stats = watched.stats();
        println!(
            "{mode}, synchronous=FULL: {commits} commits, {} found, {} by the sweep",
            stats.commits, stats.sweeps_found
        );
        assert_eq!(stats.commits, commits as u64);
        assert_eq!(stats.sweeps_found, 0, "{mode}: {stats:#?}");
    }
}
