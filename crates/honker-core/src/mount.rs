//! What kind of file system holds a file, and whether another host can write there.

#[cfg(all(unix, not(target_os = "linux")))]
#[path = "mount/bsd.rs"]
mod platform;
#[cfg(target_os = "linux")]
#[path = "mount/linux.rs"]
mod platform;
#[cfg(windows)]
#[path = "mount/windows.rs"]
mod platform;

#[cfg(unix)]
pub(crate) use platform::may_be_stale;
pub(crate) use platform::{has_fine_times, of_path};
use std::path::{Path, PathBuf};

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileSystem {
    pub(crate) name: &'static str,
    /// Whether another host can write to it without this kernel noticing.
    pub(crate) shared: bool,
    /// Whether it has fine-grained times (`FS_MGTIME`) on a kernel that knows them.
    fine_times: bool,
}

const fn local(name: &'static str) -> FileSystem {
    FileSystem {
        name,
        shared: false,
        fine_times: false,
    }
}

const fn shared(name: &'static str) -> FileSystem {
    FileSystem {
        shared: true,
        ..local(name)
    }
}

/// What is mounted, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Where it is mounted.
    pub(crate) point: PathBuf,
    /// What of the file system is mounted there: `/` is all of it.
    pub(crate) root: PathBuf,
    /// The file system's type, as `ext4`, `nfs4` or `fuse.sshfs`.
    pub(crate) kind: String,
}

impl Mount {
    /// The mount of a path that exists. `None` where the system does not tell.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        platform::mount_of(path)
    }

    /// Whether a part of the file system is mounted: a bind mount, or a subvolume.
    pub(crate) fn is_partial(&self) -> bool {
        self.root != Path::new("/")
    }

    /// Whether this is the very thing that is mounted, rather than something in it.
    pub(crate) fn is_of_one_file(&self, file: &Path) -> bool {
        self.point.as_os_str() == file.as_os_str()
    }
}
