//! The directories that databases lie in: one descriptor each, however many databases there are in it.

use crate::descriptor::identity;
use crate::identity::Identity;
use crate::open_files;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
#[cfg(target_os = "linux")]
use rustix::fs::{AtFlags, StatxFlags};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::{Rc, Weak};

/// The open directories of one descriptor table.
#[derive(Debug, Default)]
pub(crate) struct Directories(RefCell<HashMap<Place, Weak<Directory>>>);

/// Which directory, and by which mount: what is mounted over one of its files is there in one and not in the other.
type Place = (Identity, u64);

/// A directory, open as long as somebody has this.
#[derive(Debug)]
pub(crate) struct Directory {
    fd: OwnedFd,
    place: Option<Place>,
    all: Rc<Directories>,
}

impl Directories {
    pub(crate) fn open(self: &Rc<Self>, path: &Path) -> Result<Rc<Directory>, Errno> {
        #[cfg(target_os = "linux")]
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        #[cfg(not(target_os = "linux"))]
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = open_files::with_room(|| rustix::fs::open(path, flags, Mode::empty()))?;
        let place = place(&fd);
        let known = place.and_then(|place| self.0.borrow().get(&place).and_then(Weak::upgrade));
        Ok(known.unwrap_or_else(|| {
            let directory = Rc::new(Directory {
                fd,
                place,
                all: Rc::clone(self),
            });
            if let Some(place) = place {
                let mut open = self.0.borrow_mut();
                open.insert(place, Rc::downgrade(&directory));
            }
            directory
        }))
    }
}

/// `None`: the kernel (before Linux 5.8) does not tell the mount, and the descriptor is not shared.
#[cfg(target_os = "linux")]
fn place(fd: &OwnedFd) -> Option<Place> {
    let identity = identity(&rustix::fs::fstat(fd).ok()?);
    let stat = rustix::fs::statx(fd, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).ok()?;
    let told = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::MNT_ID);
    told.then_some((identity, stat.stx_mnt_id))
}

/// A directory with something mounted over it is another one, and a file can't be mounted over.
#[cfg(not(target_os = "linux"))]
fn place(fd: &OwnedFd) -> Option<Place> {
    Some((identity(&rustix::fs::fstat(fd).ok()?), 0))
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            self.all.0.borrow_mut().remove(place);
        }
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
