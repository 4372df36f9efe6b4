//! The rollback journal.

use super::Files;
use crate::descriptor::open_read_only;
use crate::observer::journal::{self, Journal};
use rustix::fd::AsFd;
use rustix::fs::AtFlags;
use rustix::io::Errno;
use std::io;

impl Files {
    pub(super) fn journal_or_error(&self) -> io::Result<Journal> {
        let file = match open_read_only(self.directory.as_fd(), &self.journal_name) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(Journal::Absent),
            Err(error) => return Err(error.into()),
        };
        self.renew(&file);
        let mut header = [0; journal::HEADER];
        let length = rustix::io::pread(&file, &mut header, 0)?;
        let Some(nonce) = journal::nonce(&header[..length]) else {
            return Ok(Journal::Cold);
        };
        if rustix::fs::fstat(&self.database)?.st_size == 0 {
            return Ok(Journal::Cold);
        }
        let size = u64::try_from(rustix::fs::fstat(&file)?.st_size).unwrap_or(0);
        let mut name = [0; journal::NAME];
        let Some(name) = journal::super_journal(&file, size, &mut name)? else {
            return Ok(Journal::Hot { nonce });
        };
        match rustix::fs::statat(self.directory.as_fd(), name, AtFlags::empty()) {
            Ok(_) => Ok(Journal::Hot { nonce }),
            Err(Errno::NOENT) => Ok(Journal::Cold),
            Err(error) => Err(error.into()),
        }
    }
}
