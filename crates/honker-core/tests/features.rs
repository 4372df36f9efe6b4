//! Each backend has a Cargo feature. Run with each set of them: `scripts/features.sh`.

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, Synchronous, TempDb, Writer};
use std::process::{Command, Stdio};

const BACKENDS: [(WatcherBackend, bool); 5] = [
    (WatcherBackend::Polling, true),
    (
        WatcherBackend::KernelWatch,
        cfg!(feature = "kernel-watcher"),
    ),
    (WatcherBackend::ShmFastPath, cfg!(feature = "shm-fast-path")),
    (WatcherBackend::DataVersion, cfg!(feature = "data-version")),
    (WatcherBackend::Auto, cfg!(feature = "kernel-watcher")),
];

fn open(db: &TempDb, backend: WatcherBackend) -> SharedUpdateWatcher {
    SharedUpdateWatcher::builder(db.path())
        .backend(backend)
        .open()
        .expect("a backend that is not built falls back")
}

#[test]
fn a_backend_that_is_not_built_polls_and_still_sees_every_commit() {
    for (requested, is_built) in BACKENDS {
        let db = TempDb::new(JournalMode::Wal);
        let watcher = open(&db, requested);
        let mut events = watcher.update_events().expect("a subscription");
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), JournalMode::Wal, Synchronous::Off);
        for _ in 0..20 {
            writer
                .exec(conn, "INSERT INTO t(n) VALUES (1)")
                .expect("a commit");
            let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
            assert_eq!(update.commits, 1, "{requested}");
        }
        let stats = watcher.stats();
        let effective = match requested {
            _ if !is_built => WatcherBackend::Polling,
            WatcherBackend::Auto => WatcherBackend::KernelWatch,
            requested => requested,
        };
        assert_eq!((stats.requested, stats.effective), (requested, effective));
        assert_eq!(stats.fallback.is_some(), !is_built, "{:?}", stats.fallback);
        println!("{requested}: built {is_built}, effective {effective}");
    }
}

/// Run by the test below, in a process of its own.
#[test]
fn open_each_backend_five_times() {
    if std::env::var_os("HONKER_OPEN_EACH").is_some() {
        let db = TempDb::new(JournalMode::Wal);
        for _ in 0..5 {
            for (backend, _) in BACKENDS {
                drop(open(&db, backend));
            }
        }
    }
}

#[test]
fn the_fall_back_is_said_once_a_process_and_backend() {
    let this = std::env::current_exe().expect("this test");
    let output = Command::new(this)
        .args(["--exact", "open_each_backend_five_times", "--nocapture"])
        .env("HONKER_OPEN_EACH", "1")
        .stdin(Stdio::null())
        .output()
        .expect("this test runs");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    // `auto` means the best there is: that is no fall-back to complain about.
    for (backend, feature) in [
        ("kernel", "kernel-watcher"),
        ("shm", "shm-fast-path"),
        ("data-version", "data-version"),
    ] {
        let is_missing = BACKENDS
            .iter()
            .any(|(known, is_built)| known.to_string() == backend && !is_built);
        let lines = said.lines();
        let lines = lines.filter(|line| line.contains(feature)).count();
        assert_eq!(lines, usize::from(is_missing), "{backend}: {said}");
    }
}
