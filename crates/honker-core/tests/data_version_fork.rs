//! SQLite does not survive `fork` without `exec`: a child of a process that has asked it is refused, not endangered.
//!
//! Alone in its file: the child of a test that runs beside others might wait for a lock that one of them held.

#![cfg(unix)] // only POSIX has fork
#![allow(unsafe_code)]

use honker_core::{ErrorKind, SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

#[test]
fn a_child_made_by_fork_is_refused_and_the_parent_is_unhurt() {
    let db = TempDb::new(JournalMode::Wal);
    let open = || {
        let builder = SharedUpdateWatcher::builder(db.path());
        builder.backend(WatcherBackend::DataVersion).open()
    };
    let watcher = open().expect("a watcher");
    let mut events = watcher.update_events().expect("a subscription");
    // SAFETY: no other thread of this process holds a lock that the child takes: the test harness waits, and so does
    // the thread that watches.
    match unsafe { fork() }.expect("a child") {
        ForkResult::Child => {
            let refused = open().is_err_and(|error| {
                error.kind() == ErrorKind::Unsupported && error.to_string().contains("made by fork")
            });
            // SAFETY: it only ends the process, without what the parent registered to run at its end.
            unsafe { nix::libc::_exit(i32::from(!refused)) }
        }
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None).expect("it ends");
            assert_eq!(ended, WaitStatus::Exited(child, 0), "refused");
        }
    }
    db.sql("INSERT INTO t(n) VALUES (1)");
    assert!(events.recv_timeout(LONG).expect("alive").is_some());
}
