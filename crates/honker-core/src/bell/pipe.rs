//! A pipe, for systems without eventfd.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::io;

#[derive(Debug)]
pub(crate) struct Bell(OwnedFd);

#[derive(Debug)]
pub(crate) struct Ear(OwnedFd);

/// Both ends close in programs that this one executes, as the standard library sees to.
pub(crate) fn pair() -> io::Result<(Bell, Ear)> {
    let (ear, bell) = std::io::pipe()?;
    let (ear, bell): (OwnedFd, OwnedFd) = (ear.into(), bell.into());
    for end in [&ear, &bell] {
        let flags = rustix::fs::fcntl_getfl(end)?;
        rustix::fs::fcntl_setfl(end, flags | OFlags::NONBLOCK)?;
    }
    Ok((Bell(bell), Ear(ear)))
}

impl Bell {
    pub(crate) fn ring(&self) {
        // Where it is full it rings already.
        let _ = rustix::io::retry_on_intr(|| rustix::io::write(&self.0, &[1]));
    }
}

impl Ear {
    /// Stops the bell from ringing.
    pub(crate) fn silence(&self) {
        let mut rings = [0; 512];
        loop {
            match rustix::io::read(&self.0, &mut rings) {
                Ok(read) if read == rings.len() => {}
                Err(Errno::INTR) => {}
                _ => return,
            }
        }
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
