//! `min_interval` and `idle_poll`: a subscription hears as often as it wants to, and loses nothing by that.

use honker_core::{
    ErrorKind, SharedUpdateWatcher, SubscriptionBuilder, Update, UpdateEvents, UpdateKind,
};
use honker_testkit::{JournalMode, LONG, TempDb, Writer};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(300);

/// Two ways to wait: a blocked thread, and a task with an executor of a few lines.
#[derive(Clone, Copy, Debug)]
enum Way {
    Blocking,
    Task,
}

const WAYS: [Way; 2] = [Way::Blocking, Way::Task];

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Way {
    fn recv(self, events: &mut UpdateEvents) -> Result<Update, ErrorKind> {
        let received = match self {
            Self::Blocking => events
                .recv_timeout(LONG)
                .map(|update| update.expect("a wake in time")),
            Self::Task => {
                let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
                let end = Instant::now() + LONG;
                loop {
                    let mut context = Context::from_waker(&waker);
                    if let Poll::Ready(received) = events.poll_recv(&mut context) {
                        break received;
                    }
                    assert!(Instant::now() < end, "a wake in time");
                    std::thread::park_timeout(LONG);
                }
            }
        };
        received.map_err(|error| error.kind())
    }
}

fn subscribe(
    db: &TempDb,
    with: impl FnOnce(SubscriptionBuilder) -> SubscriptionBuilder,
) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = SharedUpdateWatcher::new(db.path()).expect("a watcher");
    let events = with(watcher.subscribe()).start().expect("a subscription");
    (watcher, events)
}

#[test]
fn wakes_are_an_interval_apart_and_no_commit_is_lost() {
    for way in WAYS {
        let db = TempDb::new(JournalMode::Wal);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        let (_watcher, mut events) = subscribe(&db, |with| with.min_interval(INTERVAL));
        let mut last = None;
        let mut seen = 0;
        for made in 1..=100 {
            writer
                .exec(conn, "INSERT INTO t(n) VALUES (1)")
                .expect("a commit");
            // Every thirtieth time the subscriber comes to look, and has to wait for its turn.
            if made % 30 == 0 || made == 100 {
                while seen < made {
                    let update = way.recv(&mut events).expect("alive");
                    let now = Instant::now();
                    if let Some(last) = last.replace(now) {
                        // The next interval begins when a wake is handed out, a little before it is seen here.
                        assert!(now - last >= INTERVAL * 9 / 10, "{way:?} {:?}", now - last);
                    }
                    assert!(update.exact);
                    seen += update.commits;
                }
            }
        }
        assert_eq!(seen, 100, "{way:?}");
    }
}

#[test]
fn a_wake_that_is_held_back_does_not_hold_back_the_end() {
    for way in WAYS {
        let db = TempDb::new(JournalMode::Delete);
        let (watcher, mut events) = subscribe(&db, |with| with.min_interval(LONG * 100));
        db.sql("INSERT INTO t(n) VALUES (1)");
        assert_eq!(way.recv(&mut events).map(|update| update.seq), Ok(1));
        db.sql("INSERT INTO t(n) VALUES (2)");
        assert!(honker_testkit::wait_until(LONG, || watcher.stats().commits == 2));
        assert_eq!(events.try_recv().expect("alive"), None, "{way:?}");
        let ending = std::thread::spawn(move || watcher.close());
        assert_eq!(
            way.recv(&mut events).map(|update| update.seq),
            Ok(2),
            "{way:?}"
        );
        assert_eq!(way.recv(&mut events), Err(ErrorKind::Closed), "{way:?}");
        ending.join().expect("closed");
    }
}

#[test]
fn a_commit_in_the_interval_wakes_when_it_is_over_although_an_idle_wake_was_due_then() {
    let interval = Duration::from_millis(50);
    for idle in [interval / 5, interval, interval * 2] {
        for way in WAYS {
            let db = TempDb::new(JournalMode::Delete);
            let (_watcher, mut events) =
                subscribe(&db, |with| with.min_interval(interval).idle_poll(idle));
            let mut commits = 0;
            for round in 1..=10 {
                db.sql("INSERT INTO t(n) VALUES (1)");
                while commits < round {
                    commits += way.recv(&mut events).expect("alive").commits;
                }
            }
            assert_eq!(commits, 10, "{way:?} {idle:?}");
        }
    }
}

#[test]
fn not_even_a_wake_that_comes_at_that_very_moment_breaks_the_interval() {
    let interval = Duration::from_millis(3);
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let (watcher, mut events) = subscribe(&db, |with| with.min_interval(interval));
    let commits = honker_testkit::count(2_000, 50_000);
    let writing = std::thread::spawn(move || {
        for _ in 0..commits {
            let inserted = writer.exec(conn, "INSERT INTO t(n) VALUES (1)");
            inserted.expect("a commit");
        }
    });
    let (mut seen, mut last) = (0, None);
    let (mut heard, mut exact) = (Instant::now(), true);
    while seen < commits as u64 {
        let before = Instant::now();
        let silent = before.saturating_duration_since(heard);
        // A count that is not exact may fall short: then it is over when nothing more comes.
        if !exact && writing.is_finished() && silent > interval * 1_000 {
            break;
        }
        assert!(silent < LONG, "{seen} of {commits}: {:#?}", watcher.stats());
        if let Some(update) = events.try_recv().expect("alive") {
            seen += update.commits;
            exact &= update.exact;
            let now = Instant::now();
            heard = now;
            if let Some(last) = last.replace(before) {
                assert!(now - last >= interval, "{:?}", now - last);
            }
        }
    }
    writing.join().expect("the writer");
}

#[test]
fn an_idle_wake_comes_when_nothing_is_committed_and_says_so() {
    for way in WAYS {
        let db = TempDb::new(JournalMode::Delete);
        let wait = Duration::from_millis(50);
        let (_watcher, mut events) = subscribe(&db, |with| with.idle_poll(wait));
        let start = Instant::now();
        for _ in 0..3 {
            let idle = way.recv(&mut events).expect("alive");
            assert_eq!(
                (idle.kind, idle.commits, idle.exact, idle.seq),
                (UpdateKind::Idle, 0, true, 0)
            );
        }
        assert!(start.elapsed() >= wait * 3 * 9 / 10, "{way:?}");
        db.sql("INSERT INTO t(n) VALUES (1)");
        let mut update = way.recv(&mut events).expect("alive");
        while update.kind == UpdateKind::Idle {
            update = way.recv(&mut events).expect("alive");
        }
        assert_eq!(
            (update.kind, update.commits, update.seq),
            (UpdateKind::Commit, 1, 1)
        );
    }
}

#[test]
fn one_slow_subscriber_delays_no_other() {
    let db = TempDb::new(JournalMode::Wal);
    let (watcher, mut slow) = subscribe(&db, |with| with.min_interval(LONG * 100));
    let mut quick = watcher.update_events().expect("a subscription");
    for made in 1..=5 {
        db.sql("INSERT INTO t(n) VALUES (1)");
        assert_eq!(
            Way::Task.recv(&mut quick).map(|update| update.seq),
            Ok(made)
        );
    }
    assert_eq!(
        slow.try_recv().expect("alive").map(|update| update.seq),
        Some(5)
    );
}

#[test]
fn an_idle_poll_of_zero_is_refused() {
    let db = TempDb::new(JournalMode::Delete);
    let watcher = SharedUpdateWatcher::new(db.path()).expect("a watcher");
    let refused = watcher.subscribe().idle_poll(Duration::ZERO).start();
    let error = refused.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.to_string().contains("idle_poll"), "{error}");
}
