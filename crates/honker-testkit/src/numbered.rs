//! Commits that a database numbers itself, told one by one by a log that outlives a `kill -9`.
//!
//! A transaction raises a counter in the database, so the number `k` of a commit is its place among all commits, of
//! whatever process. Its writer logs `k` just before `COMMIT` and just after, each with one `write` and the time. A
//! writer that is killed in between leaves a commit in doubt, and the counter tells in the end whether it was made.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// What a database needs: a counter, and a row for each commit, which a lost update would make twice or not at all.
pub const SCHEMA: &str = "BEGIN; CREATE TABLE counter(id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL); \
     INSERT INTO counter VALUES (1, 0); CREATE TABLE entry(k INTEGER PRIMARY KEY, body); COMMIT";

/// The SQL of a transaction: the row of this commit, with a body of so many bytes.
pub fn entry(bytes: usize) -> String {
    format!("INSERT INTO entry SELECT n, zeroblob({bytes}) FROM counter")
}

/// One line of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logged {
    /// The commit's number, from 1.
    pub k: u64,
    /// Whether `COMMIT` had returned; otherwise it was about to be run.
    pub returned: bool,
    /// `CLOCK_MONOTONIC`, just then.
    pub ns: u64,
}

const SIZE: usize = 16;

impl Logged {
    fn to_bytes(self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[..8].copy_from_slice(&(self.k << 1 | u64::from(self.returned)).to_ne_bytes());
        bytes[8..].copy_from_slice(&self.ns.to_ne_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; SIZE]) -> Self {
        let [word, ns] = [0, 8].map(|at| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_ne_bytes(word)
        });
        Self {
            k: word >> 1,
            returned: word & 1 == 1,
            ns,
        }
    }
}

/// Where one writer tells its commits, one writer after the other.
#[derive(Debug)]
pub struct Log(File);

impl Log {
    /// Opens it for appending.
    pub fn append(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self(file))
    }

    /// Adds to it, in one `write`: a kill leaves all of it or nothing.
    pub fn add(&mut self, logged: Logged) -> io::Result<()> {
        self.0.write_all(&logged.to_bytes())
    }
}

/// What a log tells, in its order; nothing if there is no such file, because its writer never came to commit.
pub fn read_log(path: &Path) -> io::Result<Vec<Logged>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    let (records, _) = bytes.as_chunks::<SIZE>();
    Ok(records
        .iter()
        .map(|bytes| Logged::from_bytes(*bytes))
        .collect())
}
