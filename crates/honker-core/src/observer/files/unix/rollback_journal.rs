//! The rollback journal.

use super::Files;
use crate::descriptor::open_read_only;
use crate::observer::journal::{self, Journal};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::AtFlags;
use rustix::io::Errno;
use std::ffi::CStr;

impl Files {
    pub(super) fn journal_or_error(&self) -> Result<Journal, Errno> {
        let file = match open_read_only(self.directory.as_fd(), &self.journal_name) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(Journal::Absent),
            Err(error) => return Err(error),
        };
        self.renew(&file);
        let mut header = [0; journal::HEADER];
        let length = rustix::io::pread(&file, &mut header, 0)?;
        let Some(nonce) = journal::nonce(&header[..length]) else {
            return Ok(Journal::Cold);
        };
        let empty = rustix::fs::fstat(&self.database)?.st_size == 0;
        if empty || self.names_a_lost_super_journal(&file)? {
            return Ok(Journal::Cold);
        }
        Ok(Journal::Hot { nonce })
    }

    /// A transaction over several files commits when its super-journal goes: a journal that names one which is gone
    /// will not be played back (atomiccommit, section 5).
    fn names_a_lost_super_journal(&self, journal: &OwnedFd) -> Result<bool, Errno> {
        let size = u64::try_from(rustix::fs::fstat(journal)?.st_size).unwrap_or(0);
        let Some(end) = size.checked_sub(journal::TRAILER as u64) else {
            return Ok(false);
        };
        let mut trailer = [0; journal::TRAILER];
        if rustix::io::pread(journal, &mut trailer, end)? < journal::TRAILER {
            return Ok(false);
        }
        let Some((length, checksum)) = journal::super_journal_trailer(trailer) else {
            return Ok(false);
        };
        let mut name = [0; journal::NAME_LIMIT + 1];
        let Some(at) = end.checked_sub(length as u64) else {
            return Ok(false);
        };
        if rustix::io::pread(journal, &mut name[..length], at)? < length
            || !journal::is_super_journal_name(&name[..length], checksum)
        {
            return Ok(false);
        }
        // The byte after the name is still zero.
        let Ok(name) = CStr::from_bytes_with_nul(&name[..=length]) else {
            return Ok(false);
        };
        match rustix::fs::statat(self.directory.as_fd(), name, AtFlags::empty()) {
            Ok(_) => Ok(false),
            Err(Errno::NOENT) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
