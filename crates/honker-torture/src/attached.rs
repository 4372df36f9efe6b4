//! A second database beside the first, to which each transaction writes as well: a super-journal ties their journals.

use std::path::{Path, PathBuf};

use honker_testkit::{JournalMode, Synchronous, numbered};

/// Where it is.
pub fn path(database: &Path) -> PathBuf {
    database.with_file_name("attached.db")
}

/// The statement that attaches it to a connection.
pub fn attach(database: &Path) -> String {
    let path = path(database).display().to_string().replace('\'', "''");
    format!("ATTACH '{path}' AS attached")
}

/// What a session runs before it commits.
pub fn pragmas(database: &Path, synchronous: Synchronous, mode: JournalMode) -> [String; 3] {
    [
        attach(database),
        format!("PRAGMA attached.synchronous={synchronous}"),
        format!("PRAGMA attached.journal_mode={mode}"),
    ]
}

/// The SQL of a transaction: its row in both.
pub fn entry(bytes: usize) -> String {
    let first = numbered::entry(bytes);
    format!("{first}; INSERT INTO attached.entry SELECT n, NULL FROM main.counter")
}
