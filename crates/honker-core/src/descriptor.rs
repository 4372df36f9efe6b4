//! Descriptors of SQLite's files: opened read-only, and closed only where that cannot drop a lock.
//!
//! `close()` of any descriptor of a file drops every POSIX lock that the owner of the descriptor table holds on it.
//! With a private table (see `honker-descriptor-table`) that owner is the observer thread, which holds none. Without
//! one it is the whole process with the SQLite in it: then a descriptor of a database or a `-shm` is kept, one an
//! inode, until the inode has no name left.

use crate::directory::{Directories, Directory};
use crate::identity::Identity;
use crate::open_files;
use crate::process::PerProcess;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

/// How the thread that holds this may treat descriptors. It stays on its thread.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    private: bool,
    kept: &'static Mutex<Kept>,
    /// Not `Send`: a descriptor opened here means nothing on another thread.
    directories: Rc<Directories>,
}

/// A read-only descriptor of a database or a `-shm`. Not `Send`: it belongs to the table it was opened in.
#[derive(Debug)]
pub(crate) struct Watched {
    fd: Owner,
    not_send: PhantomData<*const ()>,
}

/// Who closes a descriptor.
#[derive(Debug)]
enum Owner {
    /// Whoever has it.
    Watched(OwnedFd),
    /// Perhaps nobody.
    Kept(Arc<OwnedFd>),
}

/// Descriptors that may not be closed, because this process's SQLite may hold locks on their files.
///
/// A child made by `fork` keeps its own. Those it inherited stay open in it, used by nobody: closing them could not drop
/// a lock of the parent, but would drop those that the child's own SQLite has taken since.
static KEPT: PerProcess<Mutex<Kept>> = PerProcess::new(Mutex::default);

type Kept = Vec<(Identity, Arc<OwnedFd>)>;

const READ_ONLY: OFlags = OFlags::RDONLY
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOCTTY)
    // A FIFO must not block the thread that watches everything else.
    .union(OFlags::NONBLOCK);

impl Table {
    pub(crate) fn new(private: bool) -> Self {
        Self {
            private,
            kept: KEPT.get(),
            directories: Rc::default(),
        }
    }

    /// Whether what is closed here drops no lock of the process.
    #[cfg(feature = "data-version")]
    pub(crate) fn is_private(&self) -> bool {
        self.private
    }

    /// Opens a directory, or shares the descriptor of one that is open.
    pub(crate) fn open_directory(&self, path: &Path) -> Result<Rc<Directory>, Errno> {
        self.directories.open(path)
    }

    /// Opens a file on which SQLite takes locks.
    pub(crate) fn open_locked_file(
        &self,
        directory: BorrowedFd<'_>,
        name: &CStr,
    ) -> Result<Watched, Errno> {
        if self.private {
            return Ok(Watched::new(Owner::Watched(open_read_only(
                directory, name,
            )?)));
        }
        let stat = rustix::fs::statat(directory, name, AtFlags::empty())?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(_, fd)| {
            let in_use = Arc::strong_count(fd) > 1;
            in_use || rustix::fs::fstat(fd.as_fd()).map_or(true, |stat| stat.st_nlink > 0)
        });
        let identity = identity(&stat);
        if let Some((_, fd)) = kept.iter().find(|(known, _)| *known == identity) {
            return Ok(Watched::new(Owner::Kept(Arc::clone(fd))));
        }
        let fd = Arc::new(open_read_only(directory, name)?);
        // Which file that really is, should it have been replaced since. Kept before anything else can fail.
        let opened = rustix::fs::fstat(fd.as_fd()).map_or(identity, |stat| self::identity(&stat));
        kept.push((opened, Arc::clone(&fd)));
        Ok(Watched::new(Owner::Kept(fd)))
    }
}

impl Watched {
    fn new(fd: Owner) -> Self {
        Self {
            fd,
            not_send: PhantomData,
        }
    }
}

impl AsFd for Watched {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.fd {
            Owner::Watched(fd) => fd.as_fd(),
            Owner::Kept(fd) => fd.as_fd(),
        }
    }
}

/// Opens a file on which nobody takes locks (`-journal`, `-wal`; closing it is harmless), or one in a private table.
///
/// Without updating its access time where that is allowed: watching writes nothing, not even that.
pub(crate) fn open_read_only(directory: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    let open =
        |flags| open_files::with_room(|| rustix::fs::openat(directory, name, flags, Mode::empty()));
    #[cfg(target_os = "linux")]
    match open(READ_ONLY | OFlags::NOATIME) {
        // Only the owner of a file may ask for that (open(2)).
        Err(Errno::PERM) => open(READ_ONLY),
        other => other,
    }
    #[cfg(not(target_os = "linux"))]
    open(READ_ONLY)
}

pub(crate) fn identity(stat: &rustix::fs::Stat) -> Identity {
    Identity {
        #[cfg(not(target_vendor = "apple"))]
        dev: stat.st_dev,
        // Its bits are what counts.
        #[cfg(target_vendor = "apple")]
        dev: u64::from(stat.st_dev.cast_unsigned()),
        ino: stat.st_ino,
    }
}
