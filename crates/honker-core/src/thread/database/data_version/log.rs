//! The last commit of a connection's log, to tell a commit from a log that only began anew.
//!
//! In WAL mode `data_version` moves whenever the header of the wal-index does, and that also happens when the log is cut
//! (`wal_checkpoint(TRUNCATE)`) and when a writer starts it over, before it commits or rolls back. The checksum of the
//! last commit frame, in that same header, moves at a commit only.

use crate::identity::{self, Identity};
use crate::location::Location;
use crate::observer::wal_index::{LENGTH, WalIndex};
use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::{Rc, Weak};

#[cfg(unix)]
type File = rustix::fd::OwnedFd;
#[cfg(windows)]
type File = std::fs::File;

thread_local! {
    /// One descriptor a `-shm`, shared by all connections to its database and closed after the last of them: closing
    /// it drops SQLite's own locks on that file, which belong to the same descriptor table.
    static HELD: RefCell<Vec<(Identity, Weak<File>)>> = const { RefCell::new(Vec::new()) };
}

/// What the header of the wal-index says of the last commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastCommit {
    /// This one.
    Is(u64),
    /// It cannot be told: no commit since recovery, a format that is not known, or nothing to be read.
    Unknown,
    /// The header is being written.
    Torn,
}

/// The `-shm` of a connection in WAL mode.
#[derive(Debug)]
pub(super) struct Log {
    wal_index: Rc<File>,
}

impl Log {
    /// Takes the `-shm` that a connection of this thread has just read from.
    pub(super) fn hold(location: &Location) -> Option<Self> {
        let path = location.join(&location.sidecar("-shm"));
        let identity = identity::of_path(&path).ok()?;
        HELD.with_borrow_mut(|held| {
            held.retain(|(_, file)| file.strong_count() > 0);
            let known = held.iter().find(|(known, _)| *known == identity);
            if let Some(wal_index) = known.and_then(|(_, file)| file.upgrade()) {
                return Some(Self { wal_index });
            }
            let wal_index = Rc::new(open(&path).ok()?);
            held.push((identity, Rc::downgrade(&wal_index)));
            Some(Self { wal_index })
        })
    }

    pub(super) fn last_commit(&self) -> LastCommit {
        let mut bytes = [0; LENGTH];
        let Ok(length) = read(&self.wal_index, &mut bytes) else {
            return LastCommit::Unknown;
        };
        match WalIndex::decode(&bytes[..length]) {
            Ok(WalIndex::Valid(header)) if header.commit != 0 => LastCommit::Is(header.commit),
            Ok(WalIndex::Torn) => LastCommit::Torn,
            _ => LastCommit::Unknown,
        }
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    Ok(crate::descriptor::open_read_only(rustix::fs::CWD, &name)?)
}

#[cfg(unix)]
fn read(file: &File, bytes: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::pread(file, bytes, 0)?)
}

#[cfg(windows)]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(windows)]
fn read(file: &File, bytes: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, 0)
}
