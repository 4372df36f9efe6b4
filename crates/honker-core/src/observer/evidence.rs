//! What can be seen of a database from outside: one method a system call or two, none of which takes a lock.
//!
//! The rules (`rollback.rs`, `wal.rs`) are written against this trait. [`Files`](super::files::Files) answers from the
//! real files; the state-space model answers from a simulated writer that may move between any two calls.

use super::header::Header;
use super::journal::Journal;
use super::lock::LockState;
use super::log::LogTail;
use super::stamp::{Stamp, Time};
use super::wal_index::{WalIndex, WalIndexHeader};
#[cfg(feature = "data-version")]
use crate::error::ErrorKind;
use std::fmt;
use std::io;

/// Which of the files a system call was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Database,
    Journal,
    WalIndex,
    Wal,
}

/// A system call that failed.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) part: Part,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    System(io::Error),
    UnknownWalIndexVersion(u32),
    /// Not from outside: SQLite itself was asked, and refused.
    #[cfg(feature = "data-version")]
    Sqlite {
        message: String,
        kind: ErrorKind,
    },
}

impl Trouble {
    pub(crate) fn system(part: Part, error: impl Into<io::Error>) -> Self {
        Self {
            part,
            what: What::System(error.into()),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "the database",
            Self::Journal => "the -journal of",
            Self::WalIndex => "the -shm of",
            Self::Wal => "the -wal of",
        })
    }
}

/// The `-shm` file behind the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WalIndexFile {
    /// ctime: when the file was unlinked, once it is.
    pub(crate) changed: Time,
    /// mtime, which unlinking leaves as it is. `None` where cutting the file does not surely move it at once.
    pub(crate) modified: Option<Time>,
    /// Whether it still has a name.
    pub(crate) linked: bool,
}

/// Page 1 as a log leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(windows, allow(dead_code, reason = "no log is held there"))]
pub(crate) enum PageOne {
    /// It has this change counter.
    Counter(u32),
    /// None of the frames holds it: the database's stays.
    Untouched,
}

/// The result of looking at something.
pub(crate) type Seen<T> = Result<T, Trouble>;

/// What can be observed. Each call sees the moment of its call; two calls see two moments.
pub(crate) trait Evidence {
    /// Whether [`lock`](Self::lock) and the other questions about locks see those of every process, this one included.
    /// Where not, "no lock" means nothing.
    fn sees_every_lock(&self) -> bool {
        true
    }
    /// The first 100 bytes of the database.
    fn header(&mut self) -> Seen<Header>;
    /// Size and times of the database.
    fn stamp(&mut self) -> Seen<Stamp>;
    /// SQLite's locks on the database.
    fn lock(&mut self) -> Seen<LockState>;
    /// The rollback journal.
    fn journal(&mut self) -> Journal;
    /// The wal-index header in the `-shm` that is held, or in the one at its place if none is held.
    fn wal_index(&mut self) -> Seen<WalIndex>;
    /// Whether any connection uses the `-shm` that is held: it holds the DMS lock (byte 128) shared. A first connection
    /// holds it exclusively until it has cut the file.
    fn connected(&mut self) -> Seen<bool>;
    /// Whether a connection holds the WAL's WRITE lock (byte 120).
    fn wal_writer(&mut self) -> Seen<bool>;
    /// The `-shm` that is held, if one is: its times, and whether it still has a name.
    fn wal_index_file(&mut self) -> Seen<Option<WalIndexFile>>;
    /// Lets go of the `-shm` that is held; the next [`wal_index`](Self::wal_index) takes the one at its place.
    fn release_wal_index(&mut self);
    /// Sessions are counted from here: a connection has created the `-shm` that is held.
    fn mark_session(&mut self);
    /// Sessions need not be counted any more.
    fn unmark_session(&mut self);
    /// How many sessions have begun since the mark: each had to create `-wal` or `-shm` again, or `-journal` if it used that.
    /// `None` if that is not known.
    fn sessions_begun(&mut self) -> Option<u64>;
    /// The last commit that recovery would find in `-wal`.
    fn log(&mut self) -> Seen<LogTail>;
    /// Whether a write from now on is sure to give the database another stamp. Always, where the file system has
    /// fine-grained times; elsewhere once the stamp is older than two clock ticks.
    fn is_ripe(&mut self, stamp: Stamp) -> bool;
    /// Whether there is a `-wal`, of any length.
    fn has_log(&mut self) -> bool;
    /// How many of the frames `first..=` the last one of this header end a commit; `None` if that is not to be known,
    /// because the log is gone or another one by now.
    fn commit_frames(&mut self, first: u32, of: &WalIndexHeader) -> Option<u64>;
    /// How many frames that end a commit follow the last one of this header in its log, although the log has begun anew
    /// since; `None` if they may have been overwritten or cut off.
    fn commit_frames_after(&mut self, last: &WalIndexHeader) -> Option<u64>;
    /// What the log that is held, of this last header, made of page 1. `None` if it still has a name, if somebody has gone on
    /// with it since, or if it is not to be known.
    fn page_one(&mut self, last: &WalIndexHeader) -> Option<PageOne>;
}
