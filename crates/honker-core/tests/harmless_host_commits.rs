//! Harmless: the host's own SQLite works beside the watcher in its process, and its commits wake like any other.

use honker_core::{SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{Hold, Host, JournalMode, LONG, Open, TempDb, Writer, count};

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];

fn has_silence(watcher: &SharedUpdateWatcher, events: &mut UpdateEvents) -> bool {
    // Subscribing looks.
    drop(watcher.update_events().expect("alive"));
    events.try_recv().expect("alive").is_none()
}

#[test]
fn commits_of_the_host_itself_wake_and_its_open_transactions_do_not() {
    let rounds = count(20, 1000);
    for mode in JournalMode::ALL {
        for backend in BACKENDS {
            let db = TempDb::new(mode);
            let host = Host::open(db.path(), mode);
            host.exec("PRAGMA synchronous=OFF");
            let watcher = SharedUpdateWatcher::builder(db.path())
                .backend(backend)
                .open()
                .expect("a watcher");
            let mut events = watcher.update_events().expect("a subscription");
            for round in 0..rounds {
                for hold in Hold::ALL {
                    let about = format!("{mode} {backend} {hold:?}, round {round}");
                    host.begin(hold);
                    assert!(has_silence(&watcher, &mut events), "{about}: open");
                    host.commit();
                    if hold == Hold::Read {
                        assert!(has_silence(&watcher, &mut events), "{about}: read");
                        continue;
                    }
                    let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
                    assert_eq!(update.commits, 1, "{about}: {update:?}");
                    // In these two a commit that is seen half written can't be told from the first of several.
                    let may_doubt = [JournalMode::Memory, JournalMode::Off].contains(&mode);
                    assert!(update.exact || may_doubt, "{about}: {update:?}");
                }
            }
        }
    }
}

#[test]
fn the_host_and_another_process_lose_no_write_to_each_other_beside_watchers_that_come_and_go() {
    // The history that ended in "database disk image is malformed", were locks dropped.
    let rounds = count(60, 500);
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let db = TempDb::new(mode);
        let host = Host::open(db.path(), mode);
        host.exec("PRAGMA synchronous=OFF");
        let mut other = Writer::spawn();
        let patient = Open {
            busy_timeout_ms: 60_000,
            ..Open::default()
        };
        let conn = other.try_open(db.path(), patient).expect("opened");
        other.set_journal_mode(conn, mode);
        other
            .exec(conn, "PRAGMA synchronous=OFF")
            .expect("a setting");
        let add = "UPDATE t SET n = n + 1 WHERE id = 1";
        for round in 0..rounds {
            // Exclusive, so that the other is not in the middle of a read when the host, which waits for nobody, commits.
            host.exec(&format!("BEGIN EXCLUSIVE; {add}"));
            // It has to wait for the host's lock, whatever the watcher opens and closes meanwhile.
            other.start_exec(conn, add);
            drop(
                SharedUpdateWatcher::builder(db.path())
                    .backend(BACKENDS[round % BACKENDS.len()])
                    .open()
                    .expect("a watcher"),
            );
            host.commit();
            other.done().expect("after the host");
        }
        let sum = other.query_i64(conn, "SELECT n FROM t WHERE id = 1");
        assert_eq!(
            sum,
            2 * i64::try_from(rounds).expect("small"),
            "{mode}: a lost update"
        );
        let check = other
            .query(conn, "PRAGMA integrity_check")
            .expect("readable");
        assert_eq!(check[0][0], "ok", "{mode}");
        println!("{mode}: {sum} updates by two processes, none lost");
    }
}
