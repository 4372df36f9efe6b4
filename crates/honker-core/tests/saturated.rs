//! A writer that commits as fast as it can: wakes keep coming, none is lost, and the writer keeps its speed.

use honker_core::{Conservative, SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::clock::monotonic_ns;
use honker_testkit::{CommitLoop, Conn, JournalMode, LONG, Synchronous, TempDb, Writer, count};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const BACKENDS: [WatcherBackend; 2] = [WatcherBackend::Polling, WatcherBackend::KernelWatch];

/// Two writers at full speed at once would measure the machine instead.
static ALONE: Mutex<()> = Mutex::new(());

fn open(db: &TempDb, backend: WatcherBackend) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = SharedUpdateWatcher::builder(db.path())
        .backend(backend)
        .open()
        .expect("a watcher");
    let events = watcher.update_events().expect("a subscription");
    (watcher, events)
}

const UPDATE: &str = "UPDATE t SET n = n + 1 WHERE id = 1";

fn for_ms(conn: Conn, ms: usize) -> CommitLoop {
    CommitLoop {
        conn: conn.0,
        n: u64::MAX,
        sql: UPDATE.into(),
        for_ms: ms as u64,
        ..CommitLoop::default()
    }
}

/// What a consumer saw.
#[derive(Debug, Default)]
struct Seen {
    commits: u64,
    exact: bool,
    /// When each wake came.
    at: Vec<u64>,
}

/// Takes every wake until the writer has ended and nothing new comes any more.
fn consume(events: &mut UpdateEvents, watcher: &SharedUpdateWatcher, ended: &AtomicBool) -> Seen {
    let mut seen = Seen {
        exact: true,
        ..Seen::default()
    };
    loop {
        let was_over = ended.load(Ordering::SeqCst);
        if was_over {
            // Subscribing looks, so that what is there now is all there is.
            drop(watcher.update_events().expect("alive"));
        }
        match events
            .recv_timeout(Duration::from_millis(20))
            .expect("alive")
        {
            Some(update) => {
                seen.at.push(monotonic_ns());
                seen.commits += update.commits;
                seen.exact &= update.exact;
            }
            None if was_over => return seen,
            None => {}
        }
    }
}

/// What the writer does without a pause.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// As many commits as it can.
    Fast,
    /// Waiting for the disk, most of the time under its lock.
    Synced,
    /// Under a lock that keeps readers out from the start of each transaction: there is hardly a moment without it.
    Exclusive,
}

impl Pace {
    const ALL: [Self; 3] = [Self::Fast, Self::Synced, Self::Exclusive];

    fn synchronous(self) -> Synchronous {
        match self {
            Self::Synced => Synchronous::Full,
            Self::Fast | Self::Exclusive => Synchronous::Off,
        }
    }

    fn sql(self) -> String {
        match self {
            Self::Fast | Self::Synced => UPDATE.into(),
            Self::Exclusive => format!("BEGIN EXCLUSIVE; {UPDATE}; COMMIT"),
        }
    }
}

#[test]
fn wakes_keep_coming_while_a_writer_never_pauses_and_account_for_every_commit() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let ms = count(250, 3000);
    for mode in JournalMode::ALL {
        for backend in BACKENDS {
            for pace in Pace::ALL {
                follow(mode, backend, pace, ms);
            }
        }
    }
}

fn follow(mode: JournalMode, backend: WatcherBackend, pace: Pace, ms: usize) {
    let about = format!("{mode} {backend} {pace:?}");
    let db = TempDb::new(mode);
    let mut writer = Writer::spawn();
    let conn = writer.open_in(db.path(), mode, pace.synchronous());
    let (watcher, mut events) = open(&db, backend);
    let ended = AtomicBool::new(false);
    let asked = monotonic_ns();
    let (report, seen) = std::thread::scope(|scope| {
        let consumer = scope.spawn(|| consume(&mut events, &watcher, &ended));
        let report = writer.commit_loop(CommitLoop {
            sql: pace.sql(),
            ..for_ms(conn, ms)
        });
        ended.store(true, Ordering::SeqCst);
        (report.expect("it commits"), consumer.join().expect("alive"))
    });
    let stats = watcher.stats();
    assert_eq!(report.busy, 0, "{about}");
    // SQLite wrote everything here, however late this machine let the watcher look.
    let implausible = |(reason, _): &(Conservative, u64)| *reason == Conservative::ImplausibleCount;
    let is_doubted = stats.conservative.iter().any(implausible);
    assert!(!is_doubted, "{about}: {stats:#?}");
    if seen.exact {
        assert_eq!(seen.commits, report.commits, "{about}: {stats:#?}");
    } else {
        let bound = 1..=report.commits;
        assert!(bound.contains(&seen.commits), "{about}: {stats:#?}");
        assert!(!stats.conservative.is_empty(), "{about}: with a reason");
    }
    // The writer began after it was asked to, so it was still writing at the end of this.
    let busy = asked..asked + report.elapsed_ns;
    let mut edges: Vec<u64> = seen.at.into_iter().filter(|at| busy.contains(at)).collect();
    let during = edges.len() as u64;
    edges.extend([busy.start, busy.end]);
    edges.sort_unstable();
    let gap = edges.windows(2).map(|pair| pair[1] - pair[0]).max();
    println!(
        "{about}: {} commits, {} accounted for, inexact {:?}; {during} wakes while it wrote, longest silence {:?}; \
         storms {}",
        report.commits,
        seen.commits,
        stats.conservative,
        Duration::from_nanos(gap.expect("two edges")),
        stats.storms
    );
    // One wake a millisecond is usual, where there are as many commits; a starved watcher gets none or a few.
    let enough = (ms as u64 / 25).min(report.commits / 4);
    assert!(during >= enough, "{about}: {during} wakes; {stats:#?}");
}

/// Measured and printed. The bound only tells "slower" from "stopped".
#[test]
fn the_writer_keeps_its_speed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let ms = count(60, 500);
    let rounds = count(5, 9);
    for mode in JournalMode::ALL {
        for backend in BACKENDS {
            let db = TempDb::new(mode);
            let mut writer = Writer::spawn();
            let conn = writer.open_in(db.path(), mode, Synchronous::Off);
            let mut speed = || {
                let report = writer.commit_loop(for_ms(conn, ms)).expect("commits");
                report.commits * 1_000_000_000 / report.elapsed_ns
            };
            speed(); // Warm.
            let (mut alone, mut watched) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                alone.push(speed());
                let (watcher, events) = open(&db, backend);
                watched.push(speed());
                assert!(watcher.stats().commits > 0);
                drop(events);
            }
            let (alone, watched) = (median(alone), median(watched));
            println!(
                "{mode} {backend}: {watched} commits a second watched, {alone} unwatched: {} %",
                watched * 100 / alone
            );
            assert!(
                watched * 5 > alone,
                "{mode} {backend}: {watched} of {alone}"
            );
        }
    }
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

/// A large transaction writes all the time and commits once: one wake, at its end.
#[test]
fn a_writer_that_never_commits_wakes_nobody_however_much_it_writes() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let inserts = count(500, 5000);
    for mode in JournalMode::ALL {
        for backend in BACKENDS {
            let db = TempDb::new(mode);
            let mut writer = Writer::spawn();
            let conn = writer.open_in(db.path(), mode, Synchronous::Off);
            let (watcher, mut events) = open(&db, backend);
            writer
                .exec(conn, "PRAGMA cache_size=5; BEGIN IMMEDIATE")
                .expect("begun");
            let order = CommitLoop {
                sql: "INSERT INTO t(body) VALUES (randomblob(5000))".into(),
                n: inserts as u64,
                ..for_ms(conn, 0)
            };
            writer.commit_loop(order).expect("written");
            let early = events.try_recv().expect("alive");
            assert_eq!(early, None, "{mode} {backend}: {:#?}", watcher.stats());
            writer.exec(conn, "COMMIT").expect("committed");
            let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
            assert_eq!(update.commits, 1, "{mode} {backend}");
        }
    }
}
