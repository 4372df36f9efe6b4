//! A file system that hangs, for real: databases elsewhere are watched on, and its own again when it is back.

#![cfg(unix)] // needs FUSE

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::process::Process;
use honker_testkit::{JournalMode, LONG, Own, Synchronous, TempDb, Writer, alone_with, wait_until};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A directory shown again elsewhere by a FUSE server that can be stopped.
struct Fuse {
    server: Process,
    source: TempDir,
    mounted: TempDir,
}

impl Fuse {
    /// `None`, and says so, where mounting is not allowed.
    fn mount() -> Option<Self> {
        let [source, mounted] = [(), ()].map(|()| tempfile::tempdir().expect("a directory"));
        let device = |path: &Path| fs::metadata(path).expect("a directory").dev();
        let before = device(mounted.path());
        if !succeeds("bindfs", &["--version".as_ref()]) {
            println!("skipped: bindfs is not installed");
            return None;
        }
        let mut command = Command::new("bindfs");
        command.arg("-f").args([source.path(), mounted.path()]);
        let mut server = Process::spawn(&mut command);
        let ended = || device(mounted.path()) != before || !server.is_running();
        assert!(wait_until(LONG, ended), "bindfs does not mount");
        if device(mounted.path()) == before {
            println!("skipped: bindfs may not mount here");
            return None;
        }
        Some(Self {
            server,
            source,
            mounted,
        })
    }
}

fn succeeds(program: &str, args: &[&OsStr]) -> bool {
    let output = Command::new(program).args(args).output();
    output.is_ok_and(|output| output.status.success())
}

impl Drop for Fuse {
    fn drop(&mut self) {
        // Whoever waits for it gets an error.
        self.server.kill();
        succeeds(
            "fusermount3",
            &["-uz".as_ref(), self.mounted.path().as_ref()],
        );
    }
}

fn watch(path: &Path, backend: WatcherBackend) -> SharedUpdateWatcher {
    let watcher = SharedUpdateWatcher::builder(path).backend(backend).open();
    watcher.expect("a watcher")
}

fn looks(watcher: &SharedUpdateWatcher) -> u64 {
    watcher.stats().looks
}

#[test]
fn a_file_system_that_hangs_delays_no_database_elsewhere() {
    if !alone_with(Own::Mounts) {
        return;
    }
    let Some(fuse) = Fuse::mount() else { return };
    let local = TempDb::new(JournalMode::Delete);
    fs::copy(local.path(), fuse.source.path().join("app.db")).expect("a copy");
    let path = fuse.mounted.path().join("app.db");
    let remote = watch(&path, WatcherBackend::Auto);
    assert_eq!(remote.backend(), WatcherBackend::Polling);
    let mut remote_events = remote.update_events().expect("a subscription");
    let mut writer = Writer::spawn();
    let mut commit = |path: &Path| {
        let conn = writer.open_in(path, JournalMode::Delete, Synchronous::Off);
        writer
            .exec(conn, "UPDATE t SET n = n + 1")
            .expect("a commit");
        writer.close(conn);
    };
    commit(&path);
    let update = remote_events.recv_timeout(LONG).expect("alive");
    assert_eq!(update.expect("a wake").commits, 1);

    fuse.server.stop();
    let polled = watch(local.path(), WatcherBackend::Polling);
    // It hangs once it stands still while another one is looked at five hundred times.
    let hangs = || {
        let (stands, start) = (looks(&remote), looks(&polled));
        wait_until(LONG, || looks(&polled) > start + 500) && looks(&remote) == stands
    };
    assert!(wait_until(LONG, hangs), "{:?}", remote.stats());
    let stands = looks(&remote);
    for backend in [WatcherBackend::Polling, WatcherBackend::KernelWatch] {
        let watcher = watch(local.path(), backend);
        let mut events = watcher.update_events().expect("a subscription");
        commit(local.path());
        let update = events.recv_timeout(LONG).expect("alive");
        assert_eq!(update.expect("a wake").commits, 1, "{backend}");
    }
    assert_eq!(looks(&remote), stands, "it still hangs");

    fuse.server.cont();
    commit(&path);
    let update = remote_events.recv_timeout(LONG).expect("alive");
    assert_eq!(update.expect("a wake").commits, 1);
}
