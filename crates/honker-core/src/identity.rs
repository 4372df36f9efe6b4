//! Which file this is: device and inode.

use std::fmt;

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
