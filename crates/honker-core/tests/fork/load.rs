//! A process in which every lock of honker is taken and given back all the time, while it forks.

use honker_core::{ErrorKind, SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{
    CommitLoop, JournalMode, LONG, Steps, Synchronous, TempDb, Writer, count, fork,
};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// A hand-written executor: a waker that unparks the thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

fn waker() -> Waker {
    Waker::from(std::sync::Arc::new(Unpark(thread::current())))
}

fn open(path: &Path, backend: WatcherBackend) -> SharedUpdateWatcher {
    let watcher = SharedUpdateWatcher::builder(path).backend(backend).open();
    watcher.expect("a watcher")
}

/// What the parent does meanwhile.
struct Load<'a> {
    path: &'a Path,
    backend: WatcherBackend,
    over: AtomicBool,
    committed: AtomicU64,
    written: AtomicBool,
}

impl Load<'_> {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::SeqCst)
    }

    /// A real writer process, until the end.
    fn write(&self) {
        let mut writer = Writer::spawn();
        let conn = writer.open_in(self.path, JournalMode::Wal, Synchronous::Off);
        while self.goes_on() {
            let report = writer.commit_loop(CommitLoop {
                conn: conn.0,
                n: 100,
                sql: "UPDATE t SET n = n + 1 WHERE id = 1".into(),
                every_us: 500,
                ..CommitLoop::default()
            });
            let commits = report.expect("nobody holds the writer back").commits;
            self.committed.fetch_add(commits, Ordering::SeqCst);
        }
        self.written.store(true, Ordering::SeqCst);
    }

    /// Receives until everything that was committed is accounted for: what was received, and how many wakes were not
    /// exact.
    fn receive(&self, mut events: UpdateEvents) -> (u64, u64) {
        let (mut commits, mut inexact) = (0, 0);
        let deadline = Instant::now() + LONG * 20;
        loop {
            let all = self.written.load(Ordering::SeqCst);
            let update = events.recv_timeout(Duration::from_millis(100));
            match update.expect("the parent is unhurt") {
                Some(update) => {
                    commits += update.commits;
                    inexact += u64::from(!update.exact);
                }
                // Nothing came for a while after the last commit was made: by the contract, all has come.
                None if all => return (commits, inexact),
                None => assert!(Instant::now() < deadline),
            }
        }
    }

    fn open_and_close(&self) {
        while self.goes_on() {
            let watcher = open(self.path, self.backend);
            let events = watcher.update_events().expect("a subscription");
            drop(watcher.stats());
            watcher.close();
            drop(events);
        }
    }

    fn ask(&self, watcher: &SharedUpdateWatcher) {
        while self.goes_on() {
            for _ in 0..100 {
                assert_eq!(watcher.stats().effective, self.backend);
                assert_eq!(watcher.backend(), self.backend);
            }
            watcher.position().expect("alive");
            drop(watcher.update_events().expect("a subscription"));
        }
    }

    /// Waits as tasks do, with timers.
    fn poll(&self, watcher: &SharedUpdateWatcher) {
        let waker = waker();
        while self.goes_on() {
            let events = watcher.subscribe().idle_poll(Duration::from_millis(2));
            let mut events = events.start().expect("a subscription");
            for _ in 0..100 {
                if let Poll::Ready(update) = events.poll_recv(&mut Context::from_waker(&waker)) {
                    update.expect("alive");
                }
            }
        }
    }
}

/// Forks again and again under load. Each child finds out that what it inherited is its parent's, and watches anew.
pub(crate) fn forks_under_load(backend: WatcherBackend) {
    let forks = count(60, 1_000);
    let db = TempDb::new(JournalMode::Wal);
    let path = db.path();
    let watcher = open(path, backend);
    let load = Load {
        path,
        backend,
        over: AtomicBool::new(false),
        committed: AtomicU64::new(0),
        written: AtomicBool::new(false),
    };
    let received = thread::scope(|scope| {
        let events = watcher.update_events().expect("a subscription");
        let receiving = scope.spawn(|| load.receive(events));
        scope.spawn(|| load.write());
        scope.spawn(|| load.open_and_close());
        scope.spawn(|| load.ask(&watcher));
        scope.spawn(|| load.poll(&watcher));
        let mut failures = Vec::new();
        for number in 0..forks {
            let own = open(path, backend);
            let mut events = own.update_events().expect("a subscription");
            let _ = events.poll_recv(&mut Context::from_waker(&waker()));
            let inherited = watcher.clone();
            let child = fork(move |steps| {
                refused(steps, &inherited, &mut events)?;
                steps.at("dropping what is the parent's");
                if number % 2 == 0 {
                    drop((events, own, inherited));
                } else {
                    // The last of it goes at the end of the process.
                    std::mem::forget((events, own, inherited));
                }
                watch(steps, path, backend)
            });
            if let Err(why) = child.finish(LONG) {
                failures.push(format!("{backend}: child {number} {why}"));
                break;
            }
        }
        load.over.store(true, Ordering::SeqCst);
        assert!(failures.is_empty(), "{failures:?}");
        receiving.join().expect("no panic")
    });
    let committed = load.committed.load(Ordering::SeqCst);
    let (commits, inexact) = received;
    println!(
        "{backend}: {forks} forks, {committed} commits, {commits} received, {inexact} not exact"
    );
    assert!(commits <= committed);
    assert!(
        inexact > 0 || commits == committed,
        "every commit is accounted for"
    );
    // The parent still watches.
    let mut events = watcher.update_events().expect("a subscription");
    db.sql("INSERT INTO t(n) VALUES (1)");
    assert!(events.recv_timeout(LONG).expect("alive").is_some());
}

fn expect_forked(what: &str, error: Option<ErrorKind>) -> Result<(), String> {
    match error {
        Some(ErrorKind::Forked) => Ok(()),
        Some(kind) => Err(format!("{what}: {kind:?}")),
        None => Err(format!("{what} worked")),
    }
}

/// In the child: what was inherited says so at once, whatever is asked of it.
fn refused(
    steps: &mut Steps,
    watcher: &SharedUpdateWatcher,
    events: &mut UpdateEvents,
) -> Result<(), String> {
    steps.at("receiving from an inherited subscription");
    expect_forked("recv", events.recv().err().map(|error| error.kind()))?;
    expect_forked(
        "try_recv",
        events.try_recv().err().map(|error| error.kind()),
    )?;
    let waited = events.recv_timeout(LONG);
    expect_forked("recv_timeout", waited.err().map(|error| error.kind()))?;
    match events.poll_recv(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => expect_forked("poll_recv", result.err().map(|error| error.kind()))?,
        Poll::Pending => return Err("poll_recv waits".to_owned()),
    }
    steps.at("asking an inherited watcher");
    let subscribed = watcher.update_events();
    expect_forked("update_events", subscribed.err().map(|error| error.kind()))?;
    expect_forked(
        "position",
        watcher.position().err().map(|error| error.kind()),
    )?;
    drop((watcher.stats(), watcher.backend(), watcher.clone()));
    steps.at("closing an inherited watcher");
    watcher.close();
    Ok(())
}

/// In the child: a watcher of its own sees the commits that the parent's writer goes on making.
fn watch(steps: &mut Steps, path: &Path, backend: WatcherBackend) -> Result<(), String> {
    steps.at("opening a watcher");
    let watcher = SharedUpdateWatcher::builder(path).backend(backend).open();
    let watcher = watcher.map_err(|error| error.to_string())?;
    steps.at("asking the watcher");
    if watcher.stats().effective != backend {
        return Err(format!("{:?}", watcher.stats()));
    }
    steps.at("subscribing");
    let mut events = watcher.update_events().map_err(|error| error.to_string())?;
    steps.at("waiting for a commit");
    let update = events.recv_timeout(LONG);
    update
        .map_err(|error| error.to_string())?
        .ok_or("no commit")?;
    steps.at("waiting for a commit as a task");
    let waker = waker();
    while events
        .poll_recv(&mut Context::from_waker(&waker))
        .is_pending()
    {
        thread::park_timeout(LONG);
    }
    steps.at("closing the watcher");
    watcher.close();
    steps.at("ending");
    Ok(())
}
