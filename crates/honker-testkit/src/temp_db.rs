//! A directory of its own for a test's database.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::journal::JournalMode;
use crate::writer::Writer;

/// A path for a database in a directory that goes away with it. Nothing is created until a writer does.
#[derive(Debug)]
pub struct TempDb {
    dir: TempDir,
    path: PathBuf,
}

impl TempDb {
    /// A path where no database is yet.
    pub fn absent() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("honker-test-")
            .tempdir()
            .expect("a temporary directory can be made");
        let path = dir.path().join("app.db");
        Self { dir, path }
    }

    /// A database with one table, `t(id INTEGER PRIMARY KEY, n INTEGER, body)`, and one row, made by another process.
    pub fn new(mode: JournalMode) -> Self {
        let db = Self::absent();
        db.sql(&format!(
            "{}; CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, body); INSERT INTO t(n) VALUES (0);",
            mode.pragma()
        ));
        db
    }

    /// Runs SQL in a process of its own, with a connection that is closed again.
    pub fn sql(&self, sql: &str) {
        let mut writer = Writer::spawn();
        let conn = writer.open(&self.path);
        writer
            .exec(conn, sql)
            .unwrap_or_else(|error| panic!("{error} in {sql}"));
        writer.close(conn);
        writer.finish();
    }

    /// Switches the file to WAL or from it, by another process. Fails if a connection is in the way.
    pub fn journal_mode(&self, mode: JournalMode) {
        let mut writer = Writer::spawn();
        let conn = writer.open(&self.path);
        writer.set_journal_mode(conn, mode);
        writer.close(conn);
        writer.finish();
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory it lies in, where nothing else is.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// `app.db-wal`.
    pub fn wal(&self) -> PathBuf {
        sidecar(&self.path, "-wal")
    }

    /// `app.db-shm`.
    pub fn shm(&self) -> PathBuf {
        sidecar(&self.path, "-shm")
    }

    /// `app.db-journal`.
    pub fn journal(&self) -> PathBuf {
        sidecar(&self.path, "-journal")
    }

    /// A path beside the database, for a second one.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// The path of a database with something after its name: `-wal`, `-shm`, `-journal`.
pub fn sidecar(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
