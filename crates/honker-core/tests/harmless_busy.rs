//! Harmless: a writer that waits for nothing is never refused because of a watcher.

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{CommitLoop, LoopReport};
use honker_testkit::{
    Conn, JournalMode, LONG, Open, Synchronous, TempDb, Writer, count, wait_until,
};
use std::path::Path;

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];
const MODES: [JournalMode; 3] = [
    JournalMode::Delete,
    JournalMode::Truncate,
    JournalMode::Persist,
];

/// A connection that takes SQLITE_BUSY for an answer, and does not wait for the disk.
fn impatient(writer: &mut Writer, path: &Path, mode: JournalMode) -> Conn {
    let at_once = Open {
        busy_timeout_ms: 0,
        ..Open::default()
    };
    let conn = writer.try_open(path, at_once).expect("opened");
    writer.set_journal_mode(conn, mode);
    writer
        .exec(conn, &Synchronous::Off.pragma())
        .expect("a setting");
    conn
}

fn commits(writer: &mut Writer, conn: Conn, n: usize) -> LoopReport {
    let order = CommitLoop {
        conn: conn.0,
        n: n as u64,
        sql: "UPDATE t SET n = n + 1 WHERE id = 1".into(),
        ..CommitLoop::default()
    };
    writer.commit_loop(order).expect("nothing but SQLITE_BUSY")
}

#[test]
fn a_writer_that_does_not_wait_is_never_busy_because_it_is_watched() {
    // For each mode, and half of them with each backend.
    let each = count(5000, 100_000) / BACKENDS.len();
    for mode in MODES {
        for backend in BACKENDS {
            let db = TempDb::new(mode);
            let mut writer = Writer::spawn();
            let conn = impatient(&mut writer, db.path(), mode);
            let watcher = SharedUpdateWatcher::builder(db.path())
                .backend(backend)
                .open()
                .expect("a watcher");
            let before = watcher.stats();
            let report = commits(&mut writer, conn, each);
            assert_eq!(report.busy, 0, "{mode} {backend}");
            assert_eq!(report.commits, each as u64, "{mode} {backend}");
            // It was watched, and closely.
            let seen = wait_until(LONG, || watcher.stats().commits == report.commits);
            let stats = watcher.stats();
            assert!(seen, "{mode} {backend}: {stats:#?}");
            println!(
                "{mode} {backend}: {} commits, 0 busy, {} looks, {} wakes",
                report.commits,
                stats.looks - before.looks,
                stats.wakes
            );
        }
    }
}

/// The proof that the test above can fail, and the reason why the watcher asks no SQLite.
#[test]
fn the_same_writer_is_busy_beside_a_connection_that_asks_for_data_version() {
    for mode in MODES {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let conn = impatient(&mut writer, db.path(), mode);
        let mut asking = Writer::spawn();
        let question = asking.open(db.path());
        asking.start_commit_loop(CommitLoop {
            conn: question.0,
            n: u64::MAX,
            sql: "PRAGMA data_version".into(),
            ..CommitLoop::default()
        });
        let mut busy = 0;
        let met = wait_until(LONG, || {
            busy += commits(&mut writer, conn, 1000).busy;
            busy > 0
        });
        assert!(met, "{mode}: no lock of a reader was ever in the way");
        println!("{mode}: {busy} busy beside PRAGMA data_version");
    }
}
