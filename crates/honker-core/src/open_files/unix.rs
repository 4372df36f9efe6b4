//! The limit of open files (`RLIMIT_NOFILE`): raised when watching needs more, and never otherwise.
//!
//! There is one limit for the process, and it holds for the descriptors of each table by itself. It is doubled each time
//! it does not suffice, and not set to all that is allowed: some programs close every number below it when they start.

use crate::error::Reason;
use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;

/// So many descriptors stay free for what is open for a moment only (journals, logs), and for a `-shm` that appears.
const SPARE: u64 = 16;

/// What to say of an error that stands for the limit, of this process or of the system.
pub(crate) fn limit_reached(error: &io::Error) -> Option<Reason> {
    let error = Errno::from_io_error(error)?;
    if error == Errno::MFILE {
        let limit = limit();
        return Some(Reason::Limit {
            what: format!(
                "no file descriptor is left: this process may have {limit} (RLIMIT_NOFILE)"
            )
            .into(),
            remedy: "Raise its limit of open files (ulimit -n, or LimitNOFILE= of its service)",
        });
    }
    (error == Errno::NFILE).then_some(Reason::Limit {
        what: "no file descriptor is left on this system".into(),
        remedy: "Raise fs.file-max (sysctl)",
    })
}

/// Whether there is room for a few more descriptors than this new one, with a higher limit if need be. A new descriptor
/// has the lowest number that is free.
pub(crate) fn leave_some_free(newest: impl AsFd) -> Result<(), Errno> {
    let number = u64::try_from(newest.as_fd().as_raw_fd()).unwrap_or(0);
    while number + SPARE >= limit() {
        if !raise() {
            return Err(Errno::MFILE);
        }
    }
    Ok(())
}

/// Opens something, with a higher limit if there is no descriptor left for it.
pub(crate) fn with_room<T>(open: impl Fn() -> Result<T, Errno>) -> Result<T, Errno> {
    match open() {
        Err(Errno::MFILE) if raise() => open(),
        other => other,
    }
}

fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Doubles the limit as far as that is allowed: up to the hard limit for everybody, and beyond with `CAP_SYS_RESOURCE`,
/// where the kernel's bound is `fs.nr_open`. Whether it is higher now.
fn raise() -> bool {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(now) = current else {
        return false;
    };
    let wanted = now.saturating_mul(2);
    let raised = match maximum {
        Some(hard) if now >= hard => Rlimit {
            current: Some(wanted),
            maximum: Some(wanted),
        },
        hard => Rlimit {
            current: Some(wanted.min(hard.unwrap_or(u64::MAX))),
            maximum: hard,
        },
    };
    setrlimit(Resource::Nofile, raised).is_ok()
}
