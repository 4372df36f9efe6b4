//! Which lock is in the way: a query, and nothing is locked.

#![allow(clippy::cast_possible_truncation, clippy::unnecessary_cast)] // see the constants below

use crate::descriptor::Watched;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rustix::fd::AsFd;
use rustix::io::Errno;

/// Whether the query also sees the locks of this process.
///
/// `F_OFD_GETLK` asks as the owner of this descriptor, and so does. The `F_GETLK` of the other systems asks as this
/// process, in whose own way no lock of its own can be.
pub(crate) const SEES_OWN_PROCESS: bool = cfg!(target_os = "linux");

/// The kind of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Shared,
    Exclusive,
}

/// A lock that somebody holds.
pub(super) struct Conflict {
    pub(super) start: i64,
    pub(super) kind: Kind,
}

/// The first lock that a lock of this kind would conflict with. A query: nothing is locked.
pub(super) fn first_conflict(
    file: &Watched,
    kind: Kind,
    start: i64,
    length: i64,
) -> Result<Option<Conflict>, Errno> {
    let mut query = libc::flock {
        l_type: match kind {
            Kind::Shared => SHARED,
            Kind::Exclusive => EXCLUSIVE,
        },
        l_whence: BEGINNING,
        l_start: start,
        l_len: length,
        l_pid: 0,
        #[cfg(target_os = "freebsd")]
        l_sysid: 0,
    };
    #[cfg(target_os = "linux")]
    let question = FcntlArg::F_OFD_GETLK(&mut query);
    #[cfg(not(target_os = "linux"))]
    let question = FcntlArg::F_GETLK(&mut query);
    fcntl(file.as_fd(), question).map_err(|error| Errno::from_raw_os_error(error as i32))?;
    Ok((query.l_type != NONE).then_some(Conflict {
        start: query.l_start,
        kind: if query.l_type == EXCLUSIVE {
            Kind::Exclusive
        } else {
            Kind::Shared
        },
    }))
}

// Small numbers, of another type in each system.
const SHARED: libc::c_short = libc::F_RDLCK as libc::c_short;
const EXCLUSIVE: libc::c_short = libc::F_WRLCK as libc::c_short;
const NONE: libc::c_short = libc::F_UNLCK as libc::c_short;
const BEGINNING: libc::c_short = libc::SEEK_SET as libc::c_short;
