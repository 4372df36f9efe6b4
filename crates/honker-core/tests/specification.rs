//! The specification's snippet for Rust, as it stands there.

use honker_core::{SharedUpdateWatcher, WatcherBackend, WatcherConfig};
use honker_testkit::{JournalMode, LONG, TempDb};

#[test]
fn the_snippet_of_the_specification_compiles_and_each_of_its_watchers_wakes() {
    let db = TempDb::new(JournalMode::Wal);
    let db_path = db.path().to_owned();
    let polling = SharedUpdateWatcher::new(db_path.clone());
    let kernel = SharedUpdateWatcher::new_with_config(
        db_path.clone(),
        WatcherConfig {
            backend: WatcherBackend::KernelWatch,
        },
    );
    let shm = SharedUpdateWatcher::new_with_config(
        db_path,
        WatcherConfig {
            backend: WatcherBackend::ShmFastPath,
        },
    );

    let mut events = [polling, kernel, shm].map(|watcher| {
        let watcher = watcher.expect("a database can be watched");
        watcher.update_events().expect("a subscription")
    });
    db.sql("INSERT INTO t(n) VALUES (1)");
    for events in &mut events {
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!(update.commits, 1);
    }
}
