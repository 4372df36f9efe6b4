//! Something is mounted over the directory, or over the file.

use crate::watching::Watched;
use crate::{INSERT, both_modes, end_of, open};
use honker_core::{ErrorKind, OnReplace, SharedUpdateWatcher, UpdateKind};
use honker_testkit::{LONG, Own, TempDb, alone_with};
use std::path::Path;
use std::process::Command;

fn run(command: &mut Command) {
    assert!(
        command.status().expect("it is installed").success(),
        "{command:?}"
    );
}

fn bind(from: &Path, to: &Path) {
    run(Command::new("mount").arg("--bind").args([from, to]));
}

fn unmount(path: &Path) {
    run(Command::new("umount").arg(path));
}

#[test]
fn something_mounted_over_the_directory_ends_the_watcher_with_every_backend() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for (mode, backend) in both_modes() {
        let db = TempDb::new(mode);
        let (_watcher, mut events) = open(db.path(), backend);
        run(Command::new("mount")
            .args(["-t", "tmpfs", "tmpfs"])
            .arg(db.dir()));
        let end = end_of(&mut events);
        assert_eq!(end.kind(), ErrorKind::Replaced, "{mode}, {backend}");
        assert!(end.to_string().contains("found no file"), "{end}");
        unmount(db.dir());
    }
}

#[test]
fn another_database_mounted_over_the_file_is_a_replacement_with_every_backend() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for (mode, backend) in both_modes() {
        let (db, other) = (TempDb::new(mode), TempDb::new(mode));
        let (_watcher, mut events) = open(db.path(), backend);
        bind(other.path(), db.path());
        assert_eq!(
            end_of(&mut events).kind(),
            ErrorKind::Replaced,
            "{mode}, {backend}"
        );
        unmount(db.path());
    }
}

#[test]
fn a_watcher_that_follows_goes_on_in_what_is_mounted_over_and_comes_back() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for (mode, backend) in both_modes() {
        let (db, other) = (TempDb::new(mode), TempDb::new(mode));
        let watcher = SharedUpdateWatcher::builder(db.path())
            .backend(backend)
            .on_replace(OnReplace::Follow)
            .open()
            .expect("a watcher");
        let mut events = watcher.update_events().expect("a subscription");
        let mut next = || {
            let update = events.recv_timeout(LONG).expect("alive");
            update.unwrap_or_else(|| panic!("{mode}, {backend}")).kind
        };
        bind(other.dir(), db.dir());
        assert_eq!(next(), UpdateKind::Replaced);
        db.sql(INSERT);
        assert_eq!(next(), UpdateKind::Commit);
        // A watcher of its files keeps no mount from going, save through its own descriptors.
        run(Command::new("umount").arg("--lazy").arg(db.dir()));
        assert_eq!(next(), UpdateKind::Replaced);
        db.sql(INSERT);
        assert_eq!(next(), UpdateKind::Commit);
    }
}

#[test]
fn a_bind_mount_of_the_directory_is_the_same_database() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for (mode, backend) in both_modes() {
        let (db, elsewhere) = (TempDb::new(mode), TempDb::absent());
        bind(db.dir(), elsewhere.dir());
        let mut watched = Watched::open(elsewhere.path(), backend);
        for _ in 0..3 {
            db.sql(INSERT);
            watched.accounts_for(1, &format!("{mode}, {backend}"));
        }
        drop(watched);
        run(Command::new("umount").arg("--lazy").arg(elsewhere.dir()));
    }
}
