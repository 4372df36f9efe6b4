//! Who holds which lock on a file, as the kernel says in `/proc/locks`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::stat::{major, minor};

/// Whose lock it is: a descriptor table's or an open file description's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `fcntl(F_SETLK)`: belongs to a descriptor table, normally a whole process. SQLite's locks.
    Posix,
    /// `fcntl(F_OFD_SETLK)`.
    Ofd,
    /// `flock`.
    Flock,
    /// A lease, or something newer.
    Other,
}

/// Shared or exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Shared.
    Read,
    /// Exclusive.
    Write,
}

/// One lock that is held (not one that is waited for).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lock {
    /// Whose it is.
    pub kind: Kind,
    /// Shared or exclusive.
    pub access: Access,
    /// The process that took it; -1 for open file descriptions, which belong to none.
    pub pid: i32,
    /// First byte.
    pub start: u64,
    /// Last byte, inclusive; `u64::MAX` for "to the end".
    pub end: u64,
}

/// The locks that process `pid` holds on the file at `path`, in order.
pub fn of(pid: u32, path: impl AsRef<Path>) -> Vec<Lock> {
    let pid = i32::try_from(pid).expect("process numbers fit");
    let mut locks = on(path);
    locks.retain(|lock| lock.pid == pid);
    locks
}

/// All locks that anybody holds on the file at `path`, in order; none if there is no such file.
pub fn on(path: impl AsRef<Path>) -> Vec<Lock> {
    let Ok(metadata) = fs::metadata(path) else {
        return Vec::new();
    };
    let device = metadata.dev();
    let file = format!(
        "{:02x}:{:02x}:{}",
        major(device),
        minor(device),
        metadata.ino()
    );
    let table = fs::read_to_string("/proc/locks").expect("Linux has /proc/locks");
    let mut locks: Vec<Lock> = table
        .lines()
        .filter_map(|line| parse(line, &file))
        .collect();
    locks.sort_unstable();
    locks
}

/// `1: POSIX  ADVISORY  WRITE 2081 fe:00:394 1073741824 1073742335`; one that waits has `->` after its number.
fn parse(line: &str, file: &str) -> Option<Lock> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let kind = match words.next()? {
        "->" => return None,
        "POSIX" => Kind::Posix,
        "OFDLCK" => Kind::Ofd,
        "FLOCK" => Kind::Flock,
        _ => Kind::Other,
    };
    let access = match words.nth(1)? {
        "READ" => Access::Read,
        _ => Access::Write,
    };
    let pid = words.next()?.parse().ok()?;
    if words.next()? != file {
        return None;
    }
    let start = words.next()?.parse().ok()?;
    let end = match words.next()? {
        "EOF" => u64::MAX,
        number => number.parse().ok()?,
    };
    Some(Lock {
        kind,
        access,
        pid,
        start,
        end,
    })
}
