//! A restore as Litestream makes it, and the recovery of the specification's example: close, open again, go on.

use crate::{INSERT, both_modes, open};
use honker_core::{ErrorKind, UpdateEvents};
use honker_testkit::{JournalMode, LONG, TempDb, count, sidecar};
use std::fs;

/// Writes the restored database beside the old one and renames it into place. `litestream restore` wants the old one
/// gone first, so that there is a moment without a file.
fn restore(db: &TempDb, mode: JournalMode, removed_first: bool) {
    let source = TempDb::new(mode);
    let restored = db.beside("app.db.tmp");
    fs::copy(source.path(), &restored).expect("a copy");
    if removed_first {
        fs::remove_file(db.path()).expect("removed");
        for suffix in ["-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(sidecar(db.path(), suffix));
        }
    }
    fs::rename(&restored, db.path()).expect("renamed into place");
}

/// `async for _ in db.update_events()` until it raises.
fn consume_until_it_died(events: &mut UpdateEvents) -> u64 {
    let mut commits = 0;
    loop {
        match events.recv_timeout(LONG) {
            Ok(Some(update)) => commits += update.commits,
            Ok(None) => panic!("silence"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Replaced, "{error}");
                assert!(
                    error.to_string().contains("reopen with honker.open()"),
                    "{error}"
                );
                return commits;
            }
        }
    }
}

#[test]
fn after_a_litestream_style_restore_the_specified_recovery_goes_on_with_every_backend() {
    for (mode, backend) in both_modes() {
        let db = TempDb::new(mode);
        for round in 0..count(4, 100) {
            let (watcher, mut events) = open(db.path(), backend);
            db.sql(INSERT);
            let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
            assert!(update.commits >= 1, "{mode}, {backend}, round {round}");
            let at_the_death = std::thread::spawn(move || consume_until_it_died(&mut events));
            restore(&db, mode, round % 2 == 0);
            at_the_death.join().expect("the error of the specification");
            watcher.close();
        }
    }
}

#[test]
fn what_is_committed_between_a_restore_and_the_recovery_is_in_the_next_baseline() {
    for (mode, backend) in both_modes() {
        let db = TempDb::new(mode);
        let (_watcher, mut events) = open(db.path(), backend);
        restore(&db, mode, true);
        db.sql(INSERT);
        consume_until_it_died(&mut events);
        // A fresh handle has a fresh baseline: subscribe, then read.
        let (_watcher, mut events) = open(db.path(), backend);
        assert_eq!(events.try_recv().expect("alive"), None, "{mode}, {backend}");
        db.sql(INSERT);
        assert!(
            events.recv_timeout(LONG).expect("alive").is_some(),
            "{mode}, {backend}"
        );
    }
}
