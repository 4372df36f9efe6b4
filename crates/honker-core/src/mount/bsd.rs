//! The file systems of macOS and the BSDs, which say themselves whether they are local (statfs(2)).

use super::{FileSystem, Mount, local, shared};
use rustix::fd::AsFd;
use std::ffi::{OsString, c_char};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// `MNT_LOCAL`, the same on all of them.
const MNT_LOCAL: u64 = 0x1000;

/// Those whose names are worth telling.
const KNOWN: [&str; 9] = [
    "apfs", "hfs", "ufs", "zfs", "tmpfs", "msdos", "exfat", "nullfs", "unionfs",
];
const REMOTE: [&str; 6] = ["nfs", "smbfs", "afpfs", "webdav", "fuse", "p9fs"];

fn file_system(statfs: &rustix::fs::StatFs) -> FileSystem {
    let kind = text(&statfs.f_fstypename).into_string().unwrap_or_default();
    // FUSE says of a server in another place that it is local.
    if let Some(name) = REMOTE.iter().find(|name| kind.contains(*name)) {
        return shared(name);
    }
    let known = KNOWN.iter().find(|name| **name == kind);
    let name = known.copied().unwrap_or("unknown");
    if u64::from(statfs.f_flags) & MNT_LOCAL == 0 {
        return shared(name);
    }
    local(name)
}

/// The file system of a path that exists.
pub(crate) fn of_path(path: &Path) -> std::io::Result<FileSystem> {
    Ok(file_system(&rustix::fs::statfs(path)?))
}

/// Whether what this kernel has cached of a file may be older than the file.
pub(crate) fn may_be_stale(file: impl AsFd) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|statfs| file_system(&statfs).shared)
}

/// How fine the times are is a setting of the kernel (`vfs.timestamp_precision`) on FreeBSD, and not to be relied upon.
pub(crate) fn has_fine_times(file: impl AsFd) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|statfs| file_system(&statfs).fine_times)
}

pub(super) fn mount_of(path: &Path) -> Option<Mount> {
    let statfs = rustix::fs::statfs(path).ok()?;
    Some(Mount {
        point: text(&statfs.f_mntonname).into(),
        root: "/".into(),
        kind: text(&statfs.f_fstypename).to_string_lossy().into_owned(),
    })
}

/// Up to the NUL.
fn text(chars: &[c_char]) -> OsString {
    let bytes = chars.iter().map(|char| char.to_ne_bytes()[0]);
    OsString::from_vec(bytes.take_while(|byte| *byte != 0).collect())
}
