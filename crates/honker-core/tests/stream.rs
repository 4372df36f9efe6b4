//! A subscription is a `Stream` in every runtime, and in none.

use honker_core::{ErrorKind, SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, Writer};
use smol::stream::{Stream, StreamExt};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

const COMMITS: u64 = 100;

fn open(db: &TempDb) -> (SharedUpdateWatcher, UpdateEvents) {
    let builder = SharedUpdateWatcher::builder(db.path()).backend(WatcherBackend::Auto);
    let watcher = builder.open().expect("a watcher");
    let events = watcher.update_events().expect("a subscription");
    (watcher, events)
}

/// Another process makes [`COMMITS`].
fn write(path: PathBuf) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut writer = Writer::spawn();
        let conn = writer.open(path);
        for _ in 0..COMMITS {
            writer
                .exec(conn, "INSERT INTO t(n) VALUES (1)")
                .expect("a commit");
        }
    })
}

/// Reads until all commits have come.
async fn read_all(
    mut events: impl Stream<Item = Result<honker_core::Update, honker_core::RecvError>> + Unpin,
) {
    let mut commits = 0;
    while commits < COMMITS {
        let update = events.next().await.expect("no end");
        commits += update.expect("alive").commits;
    }
    assert_eq!(commits, COMMITS);
}

/// The error that ends it comes once, and then the end, as often as somebody asks.
async fn ends_after_its_error(mut events: UpdateEvents) {
    let error = events
        .next()
        .await
        .expect("the reason")
        .expect_err("it was closed");
    assert_eq!(error.kind(), ErrorKind::Closed);
    for _ in 0..3 {
        assert!(events.next().await.is_none());
    }
}

#[test]
fn every_commit_comes_in_tokio_on_one_thread_and_on_several() {
    let one = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let several = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build();
    for runtime in [one, several] {
        let runtime = runtime.expect("a runtime");
        let db = TempDb::new(JournalMode::Wal);
        let (watcher, events) = open(&db);
        let writing = write(db.path().to_path_buf());
        runtime.block_on(async {
            let task = tokio::spawn(read_all(events));
            let all = tokio::time::timeout(LONG, task).await;
            all.expect("in time").expect("no panic");
        });
        writing.join().expect("no panic");
        let events = watcher.update_events().expect("a subscription");
        runtime.block_on(async {
            let task = tokio::spawn(ends_after_its_error(events));
            tokio::task::yield_now().await;
            watcher.close();
            let end = tokio::time::timeout(LONG, task).await;
            end.expect("in time").expect("no panic");
        });
    }
}

#[test]
fn in_tokio_a_wait_that_is_given_up_loses_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let db = TempDb::new(JournalMode::Delete);
    let (_watcher, mut events) = open(&db);
    runtime.expect("a runtime").block_on(async {
        for _ in 0..10 {
            let gave_up = tokio::time::timeout(Duration::from_millis(1), events.next()).await;
            assert!(gave_up.is_err(), "nothing was committed: {gave_up:?}");
            db.sql("INSERT INTO t(n) VALUES (1)");
            let update = tokio::time::timeout(LONG, events.next()).await;
            let update = update.expect("in time").expect("no end").expect("alive");
            assert_eq!(update.commits, 1);
        }
    });
}

#[test]
fn every_commit_comes_in_smol() {
    let db = TempDb::new(JournalMode::Wal);
    let (watcher, events) = open(&db);
    let writing = write(db.path().to_path_buf());
    smol::block_on(smol::spawn(read_all(events)));
    writing.join().expect("no panic");
    let events = watcher.update_events().expect("a subscription");
    let task = smol::spawn(ends_after_its_error(events));
    watcher.close();
    smol::block_on(task);
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn every_commit_comes_with_a_hand_written_executor() {
    let db = TempDb::new(JournalMode::Truncate);
    let (watcher, mut events) = open(&db);
    let writing = write(db.path().to_path_buf());
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let deadline = Instant::now() + LONG;
    let mut commits = 0;
    while commits < COMMITS {
        match Pin::new(&mut events).poll_next(&mut context) {
            Poll::Ready(update) => commits += update.expect("no end").expect("alive").commits,
            Poll::Pending => std::thread::park_timeout(LONG),
        }
        assert!(Instant::now() < deadline, "{commits} of {COMMITS}");
    }
    assert_eq!(commits, COMMITS);
    writing.join().expect("no panic");
    watcher.close();
    let mut poll = || Pin::new(&mut events).poll_next(&mut context);
    assert!(matches!(poll(), Poll::Ready(Some(Err(_)))));
    assert!(matches!(poll(), Poll::Ready(None)));
}

#[test]
fn a_thousand_streams_in_one_runtime_all_see_every_commit() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build();
    let db = TempDb::new(JournalMode::Wal);
    let (watcher, _) = open(&db);
    runtime.expect("a runtime").block_on(async {
        let subscribe = || watcher.update_events().expect("a subscription");
        let tasks: Vec<_> = (0..1000)
            .map(|_| tokio::spawn(read_all(subscribe())))
            .collect();
        let writing = write(db.path().to_path_buf());
        for task in tasks {
            let all = tokio::time::timeout(LONG, task).await;
            all.expect("in time").expect("no panic");
        }
        writing.join().expect("no panic");
    });
}
