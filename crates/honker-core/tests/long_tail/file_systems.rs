//! Local, overlay, tmpfs, bind mount and FUSE, really mounted. (NFS, SMB, 9p and virtiofs are told apart by what
//! statfs and mountinfo say: `src/mount/linux.rs`.)

use crate::watching::{self, Watched};
use crate::{INSERT, both_modes, open};
use honker_core::{ErrorKind, OnReplace, Probe, SharedUpdateWatcher, UpdateKind, WatcherBackend};
use honker_testkit::process::Process;
use honker_testkit::{JournalMode, LONG, Own, TempDb, Writer, alone_with, wait_until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

fn probe(path: &Path) -> Probe {
    honker_core::probe(path).expect("a diagnosis")
}

fn mount(arguments: &[&str], on: &Path) {
    let done = Command::new("mount").args(arguments).arg(on).status();
    assert!(done.expect("mount").success(), "{arguments:?}");
}

fn unmount(path: &Path) {
    let done = Command::new("umount").arg("--lazy").arg(path).status();
    assert!(done.expect("umount").success());
}

fn directory(db: &TempDb, name: &str) -> PathBuf {
    let path = db.beside(name);
    fs::create_dir(&path).expect("a directory");
    path
}

/// A directory that shows the lower one and keeps its changes in the upper one; and where it keeps them.
fn overlay(lower: &TempDb, upper: &TempDb) -> (TempDb, PathBuf) {
    let merged = TempDb::absent();
    let [up, work] = ["up", "work"].map(|name| directory(upper, name));
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        in_words(lower.dir()),
        in_words(&up),
        in_words(&work)
    );
    mount(&["-t", "overlay", "-o", &options, "overlay"], merged.dir());
    (merged, up)
}

fn in_words(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// Each of these commits wakes, whoever connects how.
fn commits_wake(watched: &mut Watched, paths: &[&Path], about: &str) {
    for path in paths {
        let mut writer = Writer::spawn();
        let conn = writer.open(path);
        for _ in 0..3 {
            writer.exec(conn, INSERT).expect("a commit");
            watched.accounts_for(1, &format!("{about}, {}", path.display()));
        }
        writer.close(conn);
        watched.accounts_for(0, about);
    }
}

#[test]
fn on_tmpfs_every_backend_works_and_probe_names_it() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for (mode, backend) in both_modes() {
        let (db, place) = (TempDb::new(mode), TempDb::absent());
        mount(&["-t", "tmpfs", "tmpfs"], place.dir());
        fs::copy(db.path(), place.path()).expect("a copy");
        let probe = probe(place.path());
        assert_eq!(
            (probe.file_system.as_str(), probe.shared_file_system),
            ("tmpfs", false)
        );
        assert_eq!(probe.mount_point.as_deref(), Some(place.dir()));
        assert_eq!((probe.mount_root, probe.cautions), (None, Vec::new()));
        let mut watched = Watched::open(place.path(), backend);
        commits_wake(&mut watched, &[place.path()], &format!("{mode}, {backend}"));
        drop(watched);
        unmount(place.dir());
    }
}

/// The first write copies the file from the lower layer to the upper one, under the watcher.
#[test]
fn on_overlayfs_a_copy_up_under_the_watcher_is_no_replacement_and_commits_wake() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for (mode, backend) in both_modes() {
        // The upper layer on the file system of the lower one, and on another.
        for same in [true, false] {
            let about = format!("{mode}, {backend}, same {same}");
            let (lower, upper) = (TempDb::new(mode), TempDb::absent());
            if !same {
                mount(&["-t", "tmpfs", "tmpfs"], upper.dir());
            }
            let (merged, up) = overlay(&lower, &upper);
            let probe = probe(merged.path());
            assert_eq!(
                (probe.file_system.as_str(), probe.shared_file_system),
                ("overlay", false)
            );
            let mut watched = Watched::open(merged.path(), backend);
            if backend != WatcherBackend::DataVersion {
                // Its own connection may have written the sidecars.
                assert!(!up.join("app.db").exists(), "nothing is copied by watching");
            }
            commits_wake(&mut watched, &[merged.path()], &about);
            assert!(up.join("app.db").exists(), "copied up");
            drop(watched);
            unmount(merged.dir());
            if !same {
                unmount(upper.dir());
            }
        }
    }
}

/// Times move with the clock tick there: the state in which a new file is found is certain only when those of its rename
/// have aged.
#[test]
fn on_overlayfs_a_replacement_that_is_followed_wakes_once_and_the_next_commit_is_exact() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        for backend in [WatcherBackend::Polling, WatcherBackend::KernelWatch] {
            let (lower, upper) = (TempDb::new(mode), TempDb::absent());
            let (merged, _) = overlay(&lower, &upper);
            let watcher = SharedUpdateWatcher::builder(merged.path())
                .backend(backend)
                .on_replace(OnReplace::Follow)
                .open()
                .expect("a watcher");
            let mut events = watcher.update_events().expect("a subscription");
            let staged = merged.beside("staged.db");
            fs::copy(merged.path(), &staged).expect("a copy");
            fs::rename(&staged, merged.path()).expect("renamed over");
            let mut next = || events.recv_timeout(LONG).expect("alive").expect("a wake");
            assert_eq!(next().kind, UpdateKind::Replaced, "{mode}, {backend}");
            let mut writer = Writer::spawn();
            let conn = writer.open(merged.path());
            writer.exec(conn, INSERT).expect("a commit");
            let update = next();
            assert_eq!(
                (update.kind, update.commits, update.exact),
                (UpdateKind::Commit, 1, true),
                "{mode}, {backend}: {:#?}",
                watcher.stats()
            );
            writer.close(conn);
            drop(watcher);
            unmount(merged.dir());
        }
    }
}

#[test]
fn of_a_bind_mount_probe_tells_what_is_mounted_and_of_a_file_by_itself_it_warns() {
    if !alone_with(Own::Mounts) {
        return;
    }
    let (db, elsewhere) = (TempDb::new(JournalMode::Wal), TempDb::absent());
    mount(&["--bind", in_words(db.dir())], elsewhere.dir());
    let found = probe(elsewhere.path());
    assert_eq!(found.mount_point.as_deref(), Some(elsewhere.dir()));
    let root = found.mount_root.expect("a part of the file system");
    assert!(
        root.ends_with(db.dir().file_name().expect("a name")),
        "{root:?}"
    );
    assert_eq!(found.cautions, Vec::<String>::new());
    unmount(elsewhere.dir());

    let alone = TempDb::absent();
    fs::write(alone.path(), "").expect("a file");
    mount(&["--bind", in_words(db.path())], alone.path());
    let [caution] = &probe(alone.path()).cautions[..] else {
        panic!("one caution")
    };
    assert!(caution.contains("mount the directory instead"), "{caution}");
    unmount(alone.path());

    fs::hard_link(db.path(), db.beside("hard.db")).expect("a link");
    let [caution] = &probe(db.path()).cautions[..] else {
        panic!("one caution")
    };
    assert!(caution.contains("a hard link"), "{caution}");
}

/// A FUSE file system, in a process that a test can stop.
struct Bindfs {
    process: Process,
    point: PathBuf,
}

impl Bindfs {
    /// `None`, and says so, where that is not allowed.
    fn mount(from: &Path, to: &Path) -> Option<Self> {
        if let Err(error) = fs::File::options().read(true).write(true).open("/dev/fuse") {
            println!("skipped: /dev/fuse: {error}");
            return None;
        }
        let process = Process::spawn(Command::new("bindfs").arg("-f").args([from, to]));
        let mounted = || {
            let found = fs::read_to_string("/proc/self/mountinfo").expect("the mounts");
            found.contains(in_words(to))
        };
        assert!(wait_until(LONG, mounted), "not mounted");
        Some(Self {
            process,
            point: to.to_path_buf(),
        })
    }
}

impl Drop for Bindfs {
    fn drop(&mut self) {
        self.process.cont();
        unmount(&self.point);
    }
}

#[test]
fn on_fuse_kernel_and_shm_refuse_auto_polls_and_polling_sees_what_is_written_behind_its_back() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for mode in [JournalMode::Delete, JournalMode::Truncate, JournalMode::Wal] {
        let (db, place) = (TempDb::new(mode), TempDb::absent());
        let Some(bindfs) = Bindfs::mount(db.dir(), place.dir()) else {
            return;
        };
        let probe = probe(place.path());
        assert!(
            probe.file_system.starts_with("fuse"),
            "{}",
            probe.file_system
        );
        assert!(probe.shared_file_system);
        assert!(
            probe.cautions[0].contains("it is on fuse"),
            "{:?}",
            probe.cautions
        );
        let usable = |backend| {
            probe
                .backends
                .iter()
                .any(|it| it.backend == backend && it.usable)
        };
        assert!(usable(WatcherBackend::Polling));
        for backend in [WatcherBackend::KernelWatch, WatcherBackend::ShmFastPath] {
            assert!(!usable(backend));
            let opened = SharedUpdateWatcher::builder(place.path())
                .backend(backend)
                .open();
            let error = opened.expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(
                error.to_string().contains("it is on fuse, where"),
                "{error}"
            );
        }
        let auto = SharedUpdateWatcher::builder(place.path())
            .backend(WatcherBackend::Auto)
            .open()
            .expect("it polls");
        assert_eq!(auto.backend(), WatcherBackend::Polling);
        let stats = auto.stats();
        assert!(
            stats
                .fallback
                .is_some_and(|why| why.contains("it is on fuse, where"))
        );
        assert!(
            stats
                .caution
                .is_some_and(|caution| caution.contains("it is on fuse, where"))
        );
        drop(auto);
        // Through the mount, and then as another host would write: this kernel is not told that its cache is old.
        let mut watched = Watched::open(place.path(), WatcherBackend::Polling);
        assert!(watched.stats().caution.is_some());
        let both = [place.path(), db.path(), db.path()];
        commits_wake(&mut watched, &both, &mode.to_string());
        drop((watched, bindfs));
    }
}

#[cfg(feature = "data-version")]
#[test]
fn on_fuse_data_version_sees_commits_through_the_mount() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let (db, place) = (TempDb::new(mode), TempDb::absent());
        let Some(bindfs) = Bindfs::mount(db.dir(), place.dir()) else {
            return;
        };
        let mut watched = Watched::open(place.path(), WatcherBackend::DataVersion);
        commits_wake(&mut watched, &[place.path()], &mode.to_string());
        drop((watched, bindfs));
    }
}

#[test]
fn what_is_committed_while_a_fuse_file_system_sleeps_wakes_once_it_is_awake() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let (db, place) = (TempDb::new(mode), TempDb::absent());
        let Some(bindfs) = Bindfs::mount(db.dir(), place.dir()) else {
            return;
        };
        let (watcher, mut events) = open(place.path(), WatcherBackend::Polling);
        bindfs.process.stop();
        db.sql(INSERT);
        let slept = events.recv_timeout(Duration::from_millis(300));
        assert_eq!(slept.expect("alive"), None, "{mode}: nothing is to be seen");
        bindfs.process.cont();
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!(
            (update.kind, update.commits),
            (UpdateKind::Commit, 1),
            "{mode}"
        );
        assert_eq!(watcher.stats().wakes, 1);
        drop((watcher, events, bindfs));
    }
}

#[test]
fn on_a_local_file_system_there_is_nothing_to_be_cautious_about() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let db = TempDb::new(mode);
        let found = probe(db.path());
        if found.shared_file_system {
            println!("skipped: the tests run on {}", found.file_system);
            return;
        }
        assert_eq!(found.cautions, Vec::<String>::new());
        for backend in watching::backends(mode) {
            let (watcher, _events) = open(db.path(), backend);
            assert_eq!(watcher.stats().caution, None);
        }
    }
}
