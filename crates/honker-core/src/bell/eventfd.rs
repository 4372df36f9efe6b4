//! An eventfd of Linux: one descriptor, open in both descriptor tables.

use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use std::io;

#[derive(Debug)]
pub(crate) struct Bell(OwnedFd);

#[derive(Debug)]
pub(crate) struct Ear(OwnedFd);

pub(crate) fn pair() -> io::Result<(Bell, Ear)> {
    let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let ear = bell.try_clone()?;
    Ok((Bell(bell), Ear(ear)))
}

impl Bell {
    pub(crate) fn ring(&self) {
        // The count cannot overflow: it would take 2^64 - 1 rings without the thread looking once.
        let _ = rustix::io::retry_on_intr(|| rustix::io::write(&self.0, &1_u64.to_ne_bytes()));
    }
}

impl Ear {
    /// Stops the bell from ringing.
    pub(crate) fn silence(&self) {
        let mut count = [0; 8];
        while rustix::io::read(&self.0, &mut count) == Err(Errno::INTR) {}
    }
}

impl AsFd for Ear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<Ear> for OwnedFd {
    fn from(ear: Ear) -> Self {
        ear.0
    }
}

impl From<OwnedFd> for Ear {
    fn from(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }
}
