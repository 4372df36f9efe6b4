//! Copying a database to its place the way programs do that know nothing of SQLite.

use std::fs;
use std::io::Write;
use std::path::Path;

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
