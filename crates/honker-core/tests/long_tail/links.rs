//! Symbolic links, hard links, and a single file that is mounted elsewhere.

use crate::watching::{self, Watched};
use crate::{INSERT, both_modes, end_of, open};
use honker_core::{ErrorKind, OnReplace, SharedUpdateWatcher, UpdateKind, WatcherBackend};
use honker_testkit::{JournalMode, LONG, Own, TempDb, Writer, alone_with, sidecar};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

#[test]
fn through_a_chain_of_symbolic_links_the_sidecars_beside_the_target_are_watched() {
    for (mode, backend) in both_modes() {
        let (db, elsewhere) = (TempDb::new(mode), TempDb::absent());
        // A link to a link, relative, in a directory that is a link itself.
        symlink(db.path(), elsewhere.beside("first.db")).expect("a link");
        symlink("first.db", elsewhere.beside("second.db")).expect("a link");
        let directory = db.beside("directory");
        symlink(elsewhere.dir(), &directory).expect("a link");
        let link = directory.join("second.db");
        let mut watched = Watched::open(&link, backend);
        // Through the link and beside it: SQLite follows links as well.
        let mut writer = Writer::spawn();
        for path in [&link, db.path()] {
            let conn = writer.open(path);
            for _ in 0..5 {
                writer.exec(conn, INSERT).expect("a commit");
                watched.accounts_for(1, &format!("{mode}, {backend}"));
            }
        }
        assert!(!sidecar(&link, "-wal").exists() && !sidecar(&link, "-shm").exists());
    }
}

#[test]
fn retargeting_a_symbolic_link_is_a_replacement_with_every_backend() {
    for (mode, backend) in both_modes() {
        let (db, other) = (TempDb::new(mode), TempDb::new(mode));
        let (link, next) = (db.beside("link.db"), db.beside("next.db"));
        symlink(db.path(), &link).expect("a link");
        let (_watcher, mut events) = open(&link, backend);
        symlink(other.path(), &next).expect("a link");
        fs::rename(&next, &link).expect("renamed over");
        let end = end_of(&mut events);
        assert_eq!(end.kind(), ErrorKind::Replaced, "{mode}, {backend}");
        assert!(end.to_string().contains("database file replaced"), "{end}");
    }
}

#[test]
fn retargeting_is_followed_to_the_new_target_and_its_sidecars_where_that_is_asked_for() {
    for (mode, backend) in both_modes() {
        let (db, other) = (TempDb::new(mode), TempDb::new(mode));
        let (link, next) = (db.beside("link.db"), db.beside("next.db"));
        symlink(db.path(), &link).expect("a link");
        let watcher = SharedUpdateWatcher::builder(&link)
            .backend(backend)
            .on_replace(OnReplace::Follow)
            .open()
            .expect("a watcher");
        let mut events = watcher.update_events().expect("a subscription");
        symlink(other.path(), &next).expect("a link");
        fs::rename(&next, &link).expect("renamed over");
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!(update.kind, UpdateKind::Replaced, "{mode}, {backend}");
        other.sql(INSERT);
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        assert_eq!(update.kind, UpdateKind::Commit, "{mode}, {backend}");
    }
}

#[test]
fn through_a_hard_link_commits_with_a_rollback_journal_wake() {
    for mode in JournalMode::ROLLBACK {
        for backend in crate::every_backend(mode) {
            let db = TempDb::new(mode);
            let link = db.beside("hard.db");
            fs::hard_link(db.path(), &link).expect("a link");
            let mut watched = Watched::open(&link, backend);
            for _ in 0..3 {
                db.sql(&format!("{}; {INSERT}", mode.pragma()));
                watched.accounts_for(1, &format!("{mode}, {backend}"));
            }
        }
    }
}

#[test]
fn a_wal_database_that_is_open_through_another_hard_link_is_refused_and_not_watched_in_vain() {
    for backend in watching::backends(JournalMode::Wal) {
        let db = TempDb::new(JournalMode::Wal);
        let link = db.beside("hard.db");
        fs::hard_link(db.path(), &link).expect("a link");
        // Open already: `open` refuses.
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer.exec(conn, INSERT).expect("a commit");
        let refused = SharedUpdateWatcher::builder(&link).backend(backend).open();
        let error = refused.expect_err("its log is at the other name");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{backend}: {error}");
        assert!(error.to_string().contains("under another name"), "{error}");
        // The name that writers use can be watched beside it.
        let mut watched = Watched::open(db.path(), backend);
        writer.exec(conn, INSERT).expect("a commit");
        watched.accounts_for(1, backend.name());
        writer.close(conn);
        // Opened later: the watcher ends.
        let (_watcher, mut events) = open(&link, backend);
        let conn = writer.open(db.path());
        writer.exec(conn, INSERT).expect("a commit");
        let end = end_of(&mut events);
        assert_eq!(end.kind(), ErrorKind::Unsupported, "{backend}: {end}");
    }
}

/// `docker run -v /host/app.db:/app.db`, say.
#[test]
fn a_file_that_is_mounted_by_itself_is_watched_in_rollback_modes_and_refused_in_wal() {
    if !alone_with(Own::Mounts) {
        return;
    }
    for (mode, backend) in
        both_modes().filter(|(_, backend)| *backend != WatcherBackend::DataVersion)
    {
        let (db, elsewhere) = (TempDb::new(mode), TempDb::absent());
        fs::write(elsewhere.path(), "").expect("a file");
        let mount = Command::new("mount")
            .arg("--bind")
            .args([db.path(), elsewhere.path()])
            .status();
        assert!(mount.expect("mount").success());
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer.exec(conn, INSERT).expect("a commit");
        if mode.is_wal() {
            let opened = SharedUpdateWatcher::builder(elsewhere.path())
                .backend(backend)
                .open();
            let error = opened.expect_err("its log is elsewhere");
            assert!(error.to_string().contains("mount the directory"), "{error}");
        } else {
            let mut watched = Watched::open(elsewhere.path(), backend);
            writer.exec(conn, INSERT).expect("a commit");
            watched.accounts_for(1, backend.name());
        }
        let unmount = Command::new("umount")
            .arg("--lazy")
            .arg(elsewhere.path())
            .status();
        assert!(unmount.expect("umount").success());
    }
}
