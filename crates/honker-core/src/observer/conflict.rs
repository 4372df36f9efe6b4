//! Which lock is in the way: a query, and nothing is locked.

use crate::descriptor::Watched;
use nix::libc;
use rustix::fd::AsFd;
use rustix::io::Errno;

/// A lock that somebody holds.
pub(super) struct Conflict {
    pub(super) start: i64,
    pub(super) exclusive: bool,
}

/// The first lock that a lock of this kind would conflict with. A query: nothing is locked.
///
/// `F_OFD_GETLK` asks as the owner of this descriptor, so it also sees locks of this process.
pub(super) fn first_conflict(
    file: &Watched,
    kind: libc::c_int,
    start: i64,
    length: i64,
) -> Result<Option<Conflict>, Errno> {
    let short = |value: libc::c_int| libc::c_short::try_from(value).unwrap_or(0);
    let mut query = libc::flock {
        l_type: short(kind),
        l_whence: short(libc::SEEK_SET),
        l_start: start,
        l_len: length,
        l_pid: 0,
    };
    nix::fcntl::fcntl(file.as_fd(), nix::fcntl::FcntlArg::F_OFD_GETLK(&mut query))
        .map_err(|error| Errno::from_raw_os_error(error as i32))?;
    Ok((query.l_type != short(libc::F_UNLCK)).then_some(Conflict {
        start: query.l_start,
        exclusive: query.l_type == short(libc::F_WRLCK),
    }))
}
