//! Who holds which lock on a file, as the kernel says.

use std::fs::{self, File, Metadata};
use std::io::Read;
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

/// The locks that process `pid` holds on the file at `path` through any of its descriptor tables, in order.
///
/// Exact: each descriptor's `fdinfo` lists its file's locks at one instant.
pub fn of(pid: u32, path: impl AsRef<Path>) -> Vec<Lock> {
    let Ok(file) = fs::metadata(path) else {
        return Vec::new();
    };
    let mut locks: Vec<Lock> = Vec::new();
    // Threads may have descriptor tables, and so locks, of their own.
    for task in entries(Path::new(&format!("/proc/{pid}/task"))) {
        for descriptor in entries(&task.join("fd")) {
            let same = fs::metadata(&descriptor).is_ok_and(|other| is_same(&file, &other));
            let (true, Some(number)) = (same, descriptor.file_name()) else {
                continue;
            };
            let info = fs::read_to_string(task.join("fdinfo").join(number)).unwrap_or_default();
            let lines = info.lines().filter_map(|line| line.strip_prefix("lock:"));
            locks.extend(lines.filter_map(|line| parse(line, &file)));
        }
    }
    // The same lock is told once for each descriptor of its file.
    locks.sort_unstable();
    locks.dedup();
    locks
}

/// All locks that anybody holds on the file at `path`, in order; none if there is no such file. Two that are alike belong
/// to two descriptor tables of one process.
///
/// The kernel gives `/proc/locks` in pages, and a lock that goes away between two pages hides another one. So unless
/// it fits in one page it is read until three readings in a row agree about the file. To look often, use [`of`].
pub fn on(path: impl AsRef<Path>) -> Vec<Lock> {
    let Ok(file) = fs::metadata(path) else {
        return Vec::new();
    };
    let mut agreed = 0;
    let mut last = None;
    loop {
        let (table, pages) = table();
        let lines = table.lines();
        let mut locks: Vec<Lock> = lines.filter_map(|line| parse(line, &file)).collect();
        locks.sort_unstable();
        // Nobody shares an exclusive lock: a change between two pages has shown it twice.
        locks.dedup_by(|one, other| one == other && one.access == Access::Write);
        agreed = if last.as_ref() == Some(&locks) {
            agreed + 1
        } else {
            1
        };
        if pages <= 1 || agreed == 3 {
            return locks;
        }
        last = Some(locks);
    }
}

/// `/proc/locks`, and the number of pages that it came in.
fn table() -> (String, usize) {
    let mut file = File::open("/proc/locks").expect("Linux has /proc/locks");
    let (mut text, mut pages) = (Vec::new(), 0);
    // Large, since a page is no larger than what is asked for: `fs::read` begins with a few bytes.
    let mut page = vec![0; 1 << 16];
    loop {
        match file.read(&mut page).expect("/proc/locks can be read") {
            0 => return (String::from_utf8_lossy(&text).into_owned(), pages),
            n => text.extend_from_slice(&page[..n]),
        }
        pages += 1;
    }
}

fn entries(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Reads a line such as `1: POSIX  ADVISORY  WRITE 2081 fe:00:394 1073741824 1073742335`; one that waits has `->` after its number.
fn parse(line: &str, file: &Metadata) -> Option<Lock> {
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
    let device = file.dev();
    let name = format!("{:02x}:{:02x}:{}", major(device), minor(device), file.ino());
    if words.next()? != name {
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
