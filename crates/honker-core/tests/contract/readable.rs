//! A wake comes when its commit can be read, without waiting for the writer.

use crate::watching::{self, Watched, backends};
use honker_core::WatcherBackend;
use honker_testkit::{JournalMode, LONG, Open, Synchronous, TempDb, Writer, count};

#[test]
fn a_read_after_the_wake_sees_the_commit_and_is_never_refused() {
    read_after_each_wake(backends);
}

pub(crate) fn read_after_each_wake(backends: fn(JournalMode) -> Vec<WatcherBackend>) {
    let commits = i64::try_from(count(50, 1000)).expect("a small number");
    for mode in JournalMode::ALL {
        for backend in backends(mode) {
            let db = TempDb::new(mode);
            let mut watched = Watched::open(db.path(), backend);
            let mut writer = Writer::spawn();
            let writing = writer.open_in(db.path(), mode, Synchronous::Normal);
            let mut reader = Writer::spawn();
            let impatient = Open {
                busy_timeout_ms: watching::patience_of_readers(backend),
                ..Open::default()
            };
            let reading = reader
                .try_open(db.path(), impatient)
                .expect("a reader can open the database");
            for n in 1..=commits {
                // Not waited for: the wake may come before the writer knows that it has committed.
                writer.start_exec(writing, "UPDATE t SET n = n + 1");
                let update = watched.events.recv_timeout(LONG).expect("a live watcher");
                let update = update.unwrap_or_else(|| panic!("missed, {mode}, {backend}"));
                assert_eq!(update.commits, 1, "{mode}, {backend}, {update:?}");
                let read = reader.query(reading, "SELECT n FROM t");
                let rows = read.unwrap_or_else(|error| panic!("{error}, {mode}, {backend}"));
                assert_eq!(rows[0][0].as_i64(), Some(n), "early, {mode}, {backend}");
                writer.done().expect("a commit");
            }
        }
    }
}
