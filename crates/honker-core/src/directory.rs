//! The directories that databases lie in: one descriptor each, however many databases there are in it.

use crate::descriptor::identity;
use crate::identity::Identity;
use crate::open_files;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::{Rc, Weak};

/// The open directories of one descriptor table.
#[derive(Debug, Default)]
pub(crate) struct Directories(RefCell<HashMap<Identity, Weak<Directory>>>);

/// A directory, open as long as somebody has this.
#[derive(Debug)]
pub(crate) struct Directory {
    fd: OwnedFd,
    identity: Identity,
    all: Rc<Directories>,
}

impl Directories {
    pub(crate) fn open(self: &Rc<Self>, path: &Path) -> Result<Rc<Directory>, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = open_files::with_room(|| rustix::fs::open(path, flags, Mode::empty()))?;
        let identity = identity(&rustix::fs::fstat(&fd)?);
        let known = self.0.borrow().get(&identity).and_then(Weak::upgrade);
        Ok(known.unwrap_or_else(|| {
            let directory = Rc::new(Directory {
                fd,
                identity,
                all: Rc::clone(self),
            });
            let mut open = self.0.borrow_mut();
            open.insert(identity, Rc::downgrade(&directory));
            directory
        }))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.all.0.borrow_mut().remove(&self.identity);
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
