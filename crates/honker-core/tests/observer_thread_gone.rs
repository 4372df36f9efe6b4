//! The observer thread ends by a defect: everyone who waits is told, and watching goes on with a new open.

use honker_core::{ErrorKind, RecvError, SharedUpdateWatcher, Update, UpdateEvents, testing};
use honker_testkit::{JournalMode, LONG, TempDb};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A waker that sends.
struct Send(Sender<()>);

impl Wake for Send {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

fn poll(events: &mut UpdateEvents) -> (Poll<Result<Update, RecvError>>, Receiver<()>) {
    let (woken, wakes) = channel();
    let waker = Waker::from(Arc::new(Send(woken)));
    (events.poll_recv(&mut Context::from_waker(&waker)), wakes)
}

#[test]
fn everyone_who_waits_is_told_and_a_new_watcher_works_while_the_old_ones_live() {
    let db = TempDb::new(JournalMode::Wal);
    let open = || SharedUpdateWatcher::new(db.path()).expect("a watcher");
    let old = [open(), open()];
    let mut blocked = old[0].update_events().expect("a subscription");
    let mut task = old[1].update_events().expect("a subscription");
    let builder = old[1].subscribe();
    let mut held_back = builder
        .min_interval(Duration::from_hours(1))
        .start()
        .expect("a subscription");
    db.sql("INSERT INTO t(n) VALUES (1)");
    assert_eq!(held_back.recv().expect("alive").commits, 1);
    assert_eq!(blocked.recv().expect("alive").commits, 1);
    assert_eq!(task.recv().expect("alive").commits, 1);
    db.sql("INSERT INTO t(n) VALUES (2)");
    assert_eq!(task.recv().expect("alive").commits, 1);
    assert_eq!(blocked.recv().expect("alive").commits, 1);

    let blocked = std::thread::spawn(move || blocked.recv());
    let (pending, task_wakes) = poll(&mut task);
    assert!(pending.is_pending());
    let (pending, held_back_wakes) = poll(&mut held_back);
    assert!(pending.is_pending());
    testing::end_observer_thread();

    let gone = blocked.join().expect("no panic").expect_err("the end");
    assert_eq!(gone.kind(), ErrorKind::Internal);
    task_wakes.recv_timeout(LONG).expect("the task is woken");
    let gone = task.try_recv().expect_err("the end");
    assert_eq!(gone.kind(), ErrorKind::Internal);
    held_back_wakes.recv_timeout(LONG).expect("woken too");
    assert_eq!(held_back.recv().expect("what was owed").commits, 1);
    held_back.recv().expect_err("the end");

    let new = open();
    let mut events = new.update_events().expect("a subscription");
    db.sql("INSERT INTO t(n) VALUES (3)");
    assert_eq!(events.recv().expect("alive").commits, 1);
    drop(old);
    db.sql("INSERT INTO t(n) VALUES (4)");
    assert_eq!(events.recv().expect("alive").commits, 1);
}
