//! Files that only look like SQLite's: encrypted ones (SQLCipher), WAL2 of a branch of SQLite.

use crate::watching::Watched;
use crate::{INSERT, both_modes, end_of, every_backend, open};
use honker_core::{ErrorKind, SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, TempDb};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

fn refused(path: &Path, backend: WatcherBackend) -> honker_core::Error {
    let opened = SharedUpdateWatcher::builder(path).backend(backend).open();
    opened.expect_err("it cannot be watched")
}

fn patch(path: &Path, bytes: &[u8], at: u64) {
    let file = fs::File::options().write(true).open(path).expect("a file");
    file.write_all_at(bytes, at).expect("written");
}

#[test]
fn a_header_that_is_encrypted_as_sqlcipher_does_is_refused_and_named_by_every_backend() {
    for (mode, backend) in both_modes() {
        let db = TempDb::new(mode);
        // SQLCipher: 16 bytes of salt, and then nothing but noise.
        let noise: Vec<u8> = (0..100_u8).map(|n| n.wrapping_mul(151) ^ 0xa5).collect();
        patch(db.path(), &noise, 0);
        let error = refused(db.path(), backend);
        assert_eq!(error.kind(), ErrorKind::NotADatabase, "{backend}: {error}");
        if backend != WatcherBackend::DataVersion {
            assert!(error.to_string().contains("SQLCipher"), "{error}");
        }
        let probed = honker_core::probe(db.path()).expect_err("encrypted");
        assert_eq!(probed.kind(), ErrorKind::NotADatabase);
    }
}

fn sqlcipher(path: &Path, mode: JournalMode) {
    // A `data-version` watcher may hold a lock for a moment.
    let sql = format!(
        "PRAGMA key='secret'; PRAGMA busy_timeout=5000; {}; CREATE TABLE t(n)",
        mode.pragma()
    );
    let done = Command::new("sqlcipher").arg(path).arg(sql).output();
    let done = done.expect("sqlcipher, which scripts/setup.sh installs");
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn a_database_of_sqlcipher_is_refused_by_every_backend_and_ends_the_watcher_that_waited_for_it() {
    for (mode, backend) in both_modes() {
        let db = TempDb::absent();
        let (_watcher, mut events) = open(db.path(), backend);
        sqlcipher(db.path(), mode);
        let end = end_of(&mut events);
        // SQLite reads an empty file as a database, if it looks between its making and its first page.
        let was_empty = backend == WatcherBackend::DataVersion && end.kind() == ErrorKind::Replaced;
        assert!(
            was_empty || end.kind() == ErrorKind::NotADatabase,
            "{mode}, {backend}: {end}"
        );
        let error = refused(db.path(), backend);
        assert_eq!(error.kind(), ErrorKind::NotADatabase, "{backend}: {error}");
    }
}

/// `PRAGMA cipher_plaintext_header_size=32`: what honker reads stands in those 32 bytes, and in the log's headers,
/// which are never encrypted.
#[test]
fn an_encrypted_database_with_a_plain_header_is_watched() {
    for (mode, backend) in
        both_modes().filter(|(_, backend)| *backend != WatcherBackend::DataVersion)
    {
        let db = TempDb::new(mode);
        patch(db.path(), &[0x9b; 68], 32);
        let mut watched = Watched::open(db.path(), backend);
        watched.accounts_for(0, backend.name());
        if !mode.is_wal() {
            // As a commit leaves it. (No SQLite here has the key.)
            let mut counter = [0; 4];
            fs::File::open(db.path())
                .expect("a file")
                .read_exact_at(&mut counter, 24)
                .expect("read");
            patch(
                db.path(),
                &(u32::from_be_bytes(counter) + 1).to_be_bytes(),
                24,
            );
            watched.accounts_for(1, backend.name());
        }
    }
}

#[test]
fn wal2_is_refused_and_named_by_every_backend() {
    for backend in every_backend(JournalMode::Wal) {
        let db = TempDb::new(JournalMode::Wal);
        patch(db.path(), &[3, 3], 18);
        let error = refused(db.path(), backend);
        if backend == WatcherBackend::DataVersion {
            // SQLite's own words.
            assert_eq!(error.kind(), ErrorKind::NotADatabase, "{error}");
            continue;
        }
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{backend}: {error}");
        assert!(
            error.to_string().contains("file format version 3, as WAL2"),
            "{error}"
        );
    }
    let db = TempDb::new(JournalMode::Delete);
    patch(db.path(), &[3, 3], 18);
    let error = honker_core::probe(db.path()).expect_err("WAL2");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_database_that_becomes_wal2_ends_the_watcher_with_that_reason() {
    for (mode, backend) in
        both_modes().filter(|(_, backend)| *backend != WatcherBackend::DataVersion)
    {
        let db = TempDb::new(mode);
        let (_watcher, mut events) = open(db.path(), backend);
        patch(db.path(), &[3, 3], 18);
        let end = end_of(&mut events);
        assert_eq!(
            end.kind(),
            ErrorKind::Unsupported,
            "{mode}, {backend}: {end}"
        );
        assert!(end.to_string().contains("file format version 3"), "{end}");
    }
}

/// libSQL's local files are SQLite's, down to the wal-index. What is not is told apart by its version.
#[test]
fn a_wal_index_of_another_version_is_refused_by_every_backend_that_reads_it() {
    for backend in crate::watching::backends(JournalMode::Wal) {
        let db = TempDb::new(JournalMode::Wal);
        let mut writer = honker_testkit::Writer::spawn();
        let conn = writer.open(db.path());
        writer.exec(conn, INSERT).expect("a commit");
        let mut index = [0; 96];
        let file = fs::File::open(db.shm()).expect("a wal-index");
        file.read_exact_at(&mut index, 0).expect("read");
        writer.kill();
        // A version of its own, with the checksum that belongs to it, in both copies.
        index[0..4].copy_from_slice(&3_008_000_u32.to_ne_bytes());
        let word = |at: usize| u32::from_ne_bytes(index[at..at + 4].try_into().expect("4 bytes"));
        let (mut s1, mut s2) = (0_u32, 0_u32);
        for at in (0..40).step_by(8) {
            s1 = s1.wrapping_add(word(at)).wrapping_add(s2);
            s2 = s2.wrapping_add(word(at + 4)).wrapping_add(s1);
        }
        index[40..44].copy_from_slice(&s1.to_ne_bytes());
        index[44..48].copy_from_slice(&s2.to_ne_bytes());
        let copy: [u8; 48] = index[..48].try_into().expect("48 bytes");
        index[48..].copy_from_slice(&copy);
        patch(&db.shm(), &index, 0);
        let error = refused(db.path(), backend);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{backend}: {error}");
        assert!(error.to_string().contains("version 3008000"), "{error}");
    }
}
