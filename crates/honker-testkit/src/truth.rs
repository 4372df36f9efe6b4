//! The counters that SQLite keeps of its own commits, read from the files.
//!
//! Only for checking the steps of [`crate::commits`], and only while no writer is active. It opens and closes
//! the database in this process: where the test has its own SQLite, that drops the locks it holds.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::journal::JournalMode;
use crate::temp_db::sidecar;

/// Commits counted so far. In WAL it is `None` without a `-shm`, and counts within one generation of it only.
pub fn counter(database: &Path, mode: JournalMode) -> Option<u32> {
    if mode.is_wal() {
        wal_index_changes(database)
    } else {
        file_change_counter(database)
    }
}

/// The file change counter, bytes 24..28 of the header: each commit in a rollback mode adds one.
pub fn file_change_counter(database: &Path) -> Option<u32> {
    Some(u32::from_be_bytes(read(database, 24)?))
}

/// `iChange`, bytes 8..12 of `-shm`: each commit to the log adds one; in the byte order of the machine.
pub fn wal_index_changes(database: &Path) -> Option<u32> {
    Some(u32::from_ne_bytes(read(&sidecar(database, "-shm"), 8)?))
}

fn read(path: &Path, offset: u64) -> Option<[u8; 4]> {
    let mut bytes = [0; 4];
    File::open(path)
        .ok()?
        .read_exact_at(&mut bytes, offset)
        .ok()?;
    Some(bytes)
}
