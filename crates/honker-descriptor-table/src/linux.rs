//! The private descriptor table of Linux.

// The one place with `unsafe`: `close_range`, `unshare` + `close` of inherited copies, and taking ownership of the
// inherited descriptor have no safe wrapper, because elsewhere they would break I/O safety. Here they act on a table
// that no other code uses.
#![allow(unsafe_code)]

use crate::Inherited;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};

pub(crate) fn spawn<F>(
    name: &str,
    descriptor: OwnedFd,
    refuse: bool,
    body: F,
) -> io::Result<JoinHandle<()>>
where
    F: FnOnce(Inherited) + Send + 'static,
{
    let keep = descriptor.as_raw_fd();
    let (report, reported) = mpsc::sync_channel(1);
    let thread = Builder::new().name(name.to_owned()).spawn(move || {
        let private = !refuse && split(keep);
        if report.send(private).is_err() {
            return;
        }
        // SAFETY: `keep` is open in this thread's table and nobody else owns it there. With a private table that is
        // the copy made by `split`; the caller's `OwnedFd` belongs to the other table. Without one, the caller gives
        // up its `OwnedFd` (`into_raw_fd` below) when it hears `false`.
        let descriptor = unsafe { OwnedFd::from_raw_fd(keep) };
        body(Inherited {
            descriptor,
            private,
        });
    })?;
    match reported.recv() {
        Ok(true) => drop(descriptor),
        // The thread has it. On `Err` the thread died before it could say so: leaking one descriptor is harmless.
        Ok(false) | Err(_) => {
            let _ = descriptor.into_raw_fd();
        }
    }
    Ok(thread)
}

/// Gives the calling thread a descriptor table of its own with `keep` in it. Says whether that worked.
fn split(keep: RawFd) -> bool {
    let Ok(number) = libc::c_uint::try_from(keep) else {
        return false;
    };
    // Container profiles often refuse `unshare` and allow `close_range`, so that is tried first. The range above
    // `keep` goes first: it never contains `keep`, and the kernel then copies only what lies below.
    let private = close_range(
        number.saturating_add(1),
        libc::c_uint::MAX,
        libc::CLOSE_RANGE_UNSHARE,
    ) || unshare_and_close_above(number);
    if !private {
        return false;
    }
    if let Some(last) = number.checked_sub(1)
        && !close_range(0, last, 0)
    {
        (0..keep).for_each(close);
    }
    fill_standard_numbers();
    true
}

fn close_range(first: libc::c_uint, last: libc::c_uint, flags: libc::c_uint) -> bool {
    let flags = libc::c_int::try_from(flags).unwrap_or(0);
    // SAFETY: with `CLOSE_RANGE_UNSHARE` the call first gives this thread a table of its own, and the calls without
    // it are made only after that: what is closed are copies that no other code can refer to.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) == 0 }
}

/// For kernels before 5.9, and profiles that know `unshare` but not `close_range`.
fn unshare_and_close_above(number: libc::c_uint) -> bool {
    // SAFETY: `unshare(CLONE_FILES)` only replaces this thread's table by a copy of it.
    if unsafe { libc::unshare(libc::CLONE_FILES) } != 0 {
        return false;
    }
    if close_range(number.saturating_add(1), libc::c_uint::MAX, 0) {
        return true;
    }
    let keep = RawFd::try_from(number).unwrap_or(RawFd::MAX);
    open_descriptors()
        .into_iter()
        .filter(|fd| *fd > keep)
        .for_each(close);
    true
}

/// The numbers open in this thread's table; every possible number where /proc is not mounted.
fn open_descriptors() -> Vec<RawFd> {
    let listed = std::fs::read_dir("/proc/thread-self/fd").map(|entries| {
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect::<Vec<RawFd>>()
    });
    listed.unwrap_or_else(|_| {
        // SAFETY: `sysconf` has no preconditions.
        let limit = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
        (0..RawFd::try_from(limit).unwrap_or(1024)).collect()
    })
}

fn close(fd: RawFd) {
    // SAFETY: only called on this thread's private table, before anything in it has an owner.
    unsafe { libc::close(fd) };
}

/// Occupies the free numbers below 3, so that a file opened later is never taken for standard input, output or error.
fn fill_standard_numbers() {
    loop {
        // SAFETY: `eventfd` has no preconditions.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return;
        }
        if fd > 2 {
            close(fd);
            return;
        }
    }
}
