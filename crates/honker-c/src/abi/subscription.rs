//! Subscriptions: who is woken, and by what.

use super::{honker_code, honker_error};
use crate::boundary::{self, Handed, Sizable, or_else};
use crate::failure::Failure;
use crate::settings;
use crate::subscription::Subscription;
use honker_core::Update;
use std::ffi::{c_char, c_int};
use std::time::Duration;

/// What is wanted of a subscription. Zero everywhere but in `size` means the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct honker_subscribe_options {
    /// sizeof(honker_subscribe_options): it tells which version of this header a program was compiled with.
    pub size: usize,
    /// A position: the first update comes at once if anything may have been committed since. NULL: commits from now on.
    pub since: *const c_char,
    /// The least time between two updates, in milliseconds: what is committed meanwhile is one. 0: none is held back.
    pub min_interval_ms: u64,
    /// An update of the kind HONKER_UPDATE_IDLE comes when there was none for so many milliseconds. 0: never.
    pub idle_poll_ms: u64,
}

// SAFETY: integers and a pointer, and the size is the first.
unsafe impl Sizable for honker_subscribe_options {
    const LEAST: usize = size_of::<Self>();
    const NAME: &'static str = "honker_subscribe_options";
}

/// What an update reports.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum honker_update_kind {
    /// Something was committed.
    HONKER_UPDATE_COMMIT = 0,
    /// The file was replaced, and the new one is followed: reopen your connections, then read everything again.
    HONKER_UPDATE_REPLACED = 1,
    /// Nothing was committed for as long as idle_poll_ms says.
    HONKER_UPDATE_IDLE = 2,
}

/// One wake: everything that was committed since the previous one.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct honker_update {
    /// The number of this wake, counted per watcher from 1. Who was slow sees gaps.
    pub seq: u64,
    /// How many commits it stands for. At least 1 for HONKER_UPDATE_COMMIT.
    pub commits: u64,
    /// What happened.
    pub kind: honker_update_kind,
    /// Whether `commits` is exact. If not, it is a lower bound.
    pub exact: bool,
    /// For later versions. Zero.
    pub reserved: [u64; 5],
}

/// Sees every commit from its beginning on. What is committed while nobody waits is one pending update, never a queue.
#[derive(Debug)]
pub struct honker_subscription(
    #[expect(
        dead_code,
        reason = "opaque: gives it the alignment of what it stands for"
    )]
    u64,
);

impl Handed for Subscription {
    type Outside = honker_subscription;
    const TAG: u64 = boundary::tag(*b"honkers1");
    const NAME: &'static str = "honker_subscription";
}

/// Waits for commits, `timeout_ms` milliseconds at most; for ever if that is below 0.
///
/// HONKER_OK: there is an update, in `*update` unless `update` is NULL. HONKER_TIMEOUT: the time is over. Otherwise the
/// subscription has ended, and the error says why: HONKER_CLOSED, HONKER_REPLACED and the like. An update that came
/// before the end is reported first. Signals do not end the wait: for that, use honker_subscription_fd().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_subscription_wait(
    subscription: *mut honker_subscription,
    timeout_ms: i64,
    update: *mut honker_update,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: the header's rules for arguments, here and below.
    unsafe {
        boundary::call(error, || {
            let subscription = boundary::borrow::<Subscription>(subscription)?;
            let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
            tell(subscription.wait(timeout)?, update)
        })
    }
}

/// Takes the pending update, if there is one. Never waits. It gives what honker_subscription_wait() gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_subscription_try(
    subscription: *mut honker_subscription,
    update: *mut honker_update,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: as above.
    unsafe {
        boundary::call(error, || {
            let subscription = boundary::borrow::<Subscription>(subscription)?;
            tell(subscription.try_take()?, update)
        })
    }
}

/// # Safety
///
/// `update` is NULL, or may be written to.
unsafe fn tell(taken: Option<Update>, update: *mut honker_update) -> Result<honker_code, Failure> {
    let Some(taken) = taken else {
        return Ok(honker_code::HONKER_TIMEOUT);
    };
    if !update.is_null() {
        // SAFETY: the caller's promise.
        let place = unsafe { boundary::place(update, "update") }?;
        place.put(honker_update {
            seq: taken.seq,
            commits: taken.commits,
            kind: settings::kind(taken.kind),
            exact: taken.exact,
            reserved: [0; 5],
        });
    }
    Ok(honker_code::HONKER_OK)
}

/// A descriptor for poll(2) and any event loop (on Windows a SOCKET, for WSAPoll): readable as long as an update is pending, and once the subscription has
/// ended. Then call honker_subscription_try(), once or until it gives HONKER_TIMEOUT; once in a while it gives that at
/// once.
///
/// It belongs to the subscription, is made by the first call, and is the same for each. Do not read from it, and do not
/// close it. Take it out of your loop before you free the subscription. A child made by fork() must not wait for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_subscription_fd(
    subscription: *mut honker_subscription,
    fd: *mut c_int,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: as above.
    unsafe {
        boundary::call(error, || {
            boundary::place(fd, "fd")?.put(-1);
            let descriptor = boundary::borrow::<Subscription>(subscription)?.descriptor()?;
            boundary::place(fd, "fd")?.put(descriptor);
            Ok(honker_code::HONKER_OK)
        })
    }
}

/// Ends a subscription: who waits for it is told HONKER_CLOSED, at once. The handle stays yours. Does nothing the second
/// time, nothing for NULL, and nothing in a child made by fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_subscription_close(subscription: *mut honker_subscription) {
    or_else((), || {
        // SAFETY: as above.
        unsafe { boundary::borrow::<Subscription>(subscription) }
            .ok()?
            .close();
        Some(())
    });
}

/// Closes a subscription and frees its handle; a thread that still waits with it is told HONKER_CLOSED. Does nothing for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_subscription_free(subscription: *mut honker_subscription) {
    or_else((), || {
        // SAFETY: as above; no call begins with it afterwards.
        unsafe { boundary::take_back::<Subscription>(subscription) }?.close();
        Some(())
    });
}
