//! Which file this is: device and inode; on Windows the volume and the file's number there.

use std::fmt;
use std::io;
use std::path::Path;

/// The identity of a file. Two paths with the same identity name the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(dev={}, ino={})", self.dev, self.ino)
    }
}

/// Which file a path leads to.
#[cfg(unix)]
pub(crate) fn of_path(path: &Path) -> io::Result<Identity> {
    Ok(crate::descriptor::identity(&rustix::fs::stat(path)?))
}

/// How many names a file has.
#[cfg(unix)]
pub(crate) fn names_of(path: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(path.metadata()?.nlink())
}

/// Which file a path leads to.
#[cfg(windows)]
pub(crate) fn of_path(path: &Path) -> io::Result<Identity> {
    Ok(of(&honker_windows::Information::of_path(path)?))
}

/// How many names a file has.
#[cfg(windows)]
pub(crate) fn names_of(path: &Path) -> io::Result<u64> {
    Ok(u64::from(honker_windows::Information::of_path(path)?.names))
}

#[cfg(windows)]
pub(crate) fn of(information: &honker_windows::Information) -> Identity {
    Identity {
        dev: u64::from(information.volume),
        ino: information.file,
    }
}
