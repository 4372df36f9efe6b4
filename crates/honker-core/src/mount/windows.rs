//! The volumes of Windows.

use super::{FileSystem, Mount, local, shared};
use honker_windows::Volume;
use std::path::Path;

const KNOWN: [&str; 5] = ["NTFS", "ReFS", "FAT32", "exFAT", "FAT"];

/// The file system of a path that exists.
pub(crate) fn of_path(path: &Path) -> std::io::Result<FileSystem> {
    let volume = Volume::of(path)?;
    let known = KNOWN.iter().find(|name| **name == volume.file_system);
    let name = known.copied().unwrap_or("unknown");
    Ok(if volume.is_remote {
        shared(name)
    } else {
        local(name)
    })
}

/// The clock that files get their times from moves each 0.5 to 16 ms.
pub(crate) fn has_fine_times(path: &Path) -> bool {
    of_path(path).is_ok_and(|file_system| file_system.fine_times)
}

pub(super) fn mount_of(path: &Path) -> Option<Mount> {
    let volume = Volume::of(path).ok()?;
    Some(Mount {
        point: volume.root,
        root: "/".into(),
        kind: volume.file_system,
    })
}
