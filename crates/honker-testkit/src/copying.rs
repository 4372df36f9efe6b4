//! Bringing a database to its place the way programs do that know nothing of SQLite.

use crate::wait::{LONG, wait_for};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Renames a file over another. Windows refuses that as long as anybody has the other one open, if only for a look.
pub fn rename_over(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    let renamed = wait_for(LONG, || match fs::rename(&from, &to) {
        Err(error) if cfg!(windows) && error.kind() == ErrorKind::PermissionDenied => None,
        result => Some(result),
    });
    renamed.expect("nobody has it open").expect("renamed");
}

/// Writes a copy piece by piece, as `cp` does, and calls `between` before each piece.
pub fn copy_slowly(from: impl AsRef<Path>, to: impl AsRef<Path>, mut between: impl FnMut()) {
    let bytes = fs::read(from).expect("the database");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(to)
        .expect("the copy");
    for piece in bytes.chunks(bytes.len() / 8 + 1) {
        between();
        file.write_all(piece).expect("a piece");
    }
}
