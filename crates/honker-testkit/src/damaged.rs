//! Files as no SQLite leaves them: for tests and fuzzers that show that nothing panics.

use std::fs;
use std::path::{Path, PathBuf};

use crate::temp_db::sidecar;

/// What the names of a database's files end with, in the order in which [`split`] takes them.
pub const SUFFIXES: [&str; 4] = ["", "-journal", "-wal", "-shm"];
/// A length that says that there is no such file.
const ABSENT: u16 = u16::MAX;

/// Takes a fuzzer's bytes for a database, its journal, its log and its wal-index: four lengths, then the contents.
/// What is missing at the end is empty.
pub fn split(bytes: &[u8]) -> [Option<&[u8]>; 4] {
    let (lengths, mut rest) = bytes.split_at(bytes.len().min(8));
    let mut lengths = lengths.as_chunks::<2>().0.iter();
    [(); 4].map(|()| {
        let length = lengths.next().map_or(0, |bytes| u16::from_be_bytes(*bytes));
        if length == ABSENT {
            return None;
        }
        let (part, after) = rest.split_at(rest.len().min(length.into()));
        rest = after;
        Some(part)
    })
}

/// The other way round: one input for a fuzzer.
pub fn join(parts: &[Option<Vec<u8>>; 4]) -> Vec<u8> {
    let length = |part: &Option<Vec<u8>>| {
        let length = part.as_ref().map(|part| u16::try_from(part.len()));
        length.map_or(ABSENT, |length| length.unwrap_or(ABSENT - 1))
    };
    let lengths = parts.iter().flat_map(|part| length(part).to_be_bytes());
    let contents = parts.iter().flatten().flatten().copied();
    lengths.chain(contents).collect()
}

/// Writes the four files, or removes those that are absent.
pub fn write(database: &Path, parts: [Option<&[u8]>; 4]) {
    for (suffix, part) in SUFFIXES.into_iter().zip(parts) {
        let path = sidecar(database, suffix);
        let done = match part {
            Some(bytes) => fs::write(&path, bytes),
            None if path.exists() => fs::remove_file(&path),
            None => Ok(()),
        };
        done.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

/// The four files as they stand.
pub fn read(database: &Path) -> [Option<Vec<u8>>; 4] {
    SUFFIXES.map(|suffix| fs::read(sidecar(database, suffix)).ok())
}

/// The small corpus of a fuzz target, `fuzz/corpus/<target>`.
///
/// # Panics
/// If there is none.
pub fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let entries = fs::read_dir(dir.join(target)).expect("each target has a corpus");
    let paths = entries.map(|entry| entry.expect("a directory can be read").path());
    let corpus: Vec<_> = paths
        .map(|path| {
            let bytes = fs::read(&path).expect("a corpus can be read");
            (path, bytes)
        })
        .collect();
    assert!(!corpus.is_empty(), "the corpus of {target} is empty");
    corpus
}

/// A variation: bytes changed, cut out, repeated, or cut off.
pub fn vary(bytes: &[u8], rng: &mut fastrand::Rng) -> Vec<u8> {
    let mut varied = bytes.to_vec();
    for _ in 0..rng.usize(1..=4) {
        if varied.is_empty() {
            return vec![rng.u8(..)];
        }
        let at = rng.usize(..varied.len());
        match rng.u8(..6) {
            0 => varied.truncate(at),
            1 => varied[at] = rng.u8(..),
            2 => varied[at] ^= 1 << rng.u8(..8),
            3 => drop(varied.drain(at..varied.len().min(at + rng.usize(1..=32)))),
            4 => {
                let repeated = varied[at..varied.len().min(at + 32)].to_vec();
                varied.splice(at..at, repeated);
            }
            // What lengths and counters are like when they are wrong.
            _ => {
                let to = varied.len().min(at + 4);
                varied[at..to].fill(0xff);
            }
        }
    }
    varied
}
