//! The journal mode changes while a watcher looks, and the watcher is not in the way.

use crate::watching::{BACKENDS, Watched};
use honker_testkit::{JournalMode, Synchronous, TempDb, Writer, count};

/// A switch into WAL or out of it is a commit; between rollback modes it is a setting of the connection.
fn commits_of_switch(from: JournalMode, to: JournalMode) -> u64 {
    u64::from(from.is_wal() != to.is_wal())
}

fn switch_both_ways(mode: JournalMode, reopen: bool, rounds: usize) {
    let db = TempDb::new(mode);
    let mut watched = BACKENDS.map(|backend| Watched::open(db.path(), backend));
    let mut writer = Writer::spawn();
    let mut conn = writer.open_in(db.path(), mode, Synchronous::Normal);
    let mut from = mode;
    for round in 0..rounds * 2 {
        let to = if from.is_wal() {
            mode
        } else {
            JournalMode::Wal
        };
        // Fails if anybody else is connected: the switch needs the database for itself.
        writer.set_journal_mode(conn, to);
        let mut expect = |commits, what: &str| {
            for watched in &mut watched {
                let backend = watched.watcher.backend();
                let about = format!("round {round}, {from} to {to}, {what}, {backend}");
                watched.accounts_for(commits, &about);
            }
        };
        expect(commits_of_switch(from, to), "switch");
        writer
            .exec(conn, "UPDATE t SET n = n + 1")
            .expect("a commit");
        expect(1, "a commit after it");
        if reopen {
            writer.close(conn);
            expect(0, "the last close");
            conn = writer.open_in(db.path(), to, Synchronous::Normal);
            writer
                .exec(conn, "UPDATE t SET n = n + 1")
                .expect("a commit");
            expect(1, "a commit of the next session");
        }
        from = to;
    }
}

#[test]
fn the_journal_mode_switches_both_ways_and_each_switch_wakes() {
    let rounds = count(5, 200);
    for mode in JournalMode::ROLLBACK {
        switch_both_ways(mode, false, rounds);
    }
}

#[test]
fn sessions_come_and_go_between_the_switches() {
    let rounds = count(5, 200);
    for mode in JournalMode::ROLLBACK {
        switch_both_ways(mode, true, rounds);
    }
}
