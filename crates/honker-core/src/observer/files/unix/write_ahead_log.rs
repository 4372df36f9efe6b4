//! The write-ahead log.

use super::{Files, stamp};
use crate::descriptor::{identity, open_read_only};
use crate::observer::evidence::Evidence;
use crate::observer::log::{self, LogTail};
use crate::observer::read_at::ReadAt;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::AtFlags;
use rustix::io::Errno;
use std::io;

impl Files {
    /// Asks the log that is held, or the one that has the name.
    pub(super) fn in_log(&self, ask: impl Fn(&OwnedFd) -> io::Result<Option<u64>>) -> Option<u64> {
        let ask = |file: &OwnedFd| {
            self.renew(file);
            ask(file).ok().flatten()
        };
        let held = self.wal.as_ref().and_then(ask);
        held.or_else(|| ask(&self.open_wal().ok()?))
    }

    pub(super) fn open_wal(&self) -> Result<OwnedFd, Errno> {
        open_read_only(self.directory.as_fd(), &self.wal_name)
    }

    pub(super) fn log_or_error(&mut self) -> Result<LogTail, Errno> {
        self.renew_name(&self.wal_name);
        let stat =
            match rustix::fs::statat(self.directory.as_fd(), &self.wal_name, AtFlags::empty()) {
                Ok(stat) if stat.st_size > 0 => stat,
                Ok(_) | Err(Errno::NOENT) => return Ok(LogTail::default()),
                Err(error) => return Err(error),
            };
        if let Some((file, at, tail)) = &self.tail
            && (*file, *at) == (identity(&stat), stamp(&stat))
        {
            return Ok(*tail);
        }
        let file = match self.open_wal() {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(LogTail::default()),
            Err(error) => return Err(error),
        };
        self.renew(&file);
        let tail =
            log::tail(&file).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        // Only a file that has not been written since can be remembered by its times.
        let stamp = stamp(&stat);
        self.tail = self
            .is_ripe(stamp)
            .then_some((identity(&stat), stamp, tail));
        Ok(tail)
    }
}

impl ReadAt for OwnedFd {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match rustix::io::pread(self, &mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(filled)
    }
}
