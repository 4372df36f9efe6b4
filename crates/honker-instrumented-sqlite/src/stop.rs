//! What the patched SQLite calls at each point.
#![allow(unsafe_code, reason = "SQLite calls it, with a C string")]

use nix::sys::signal::{Signal, raise};
use std::ffi::{CStr, c_char};
use std::sync::{Mutex, PoisonError};

/// The names of all points.
const POINTS: &[&str] = include!(concat!(env!("OUT_DIR"), "/names.rs"));

/// At which point to stop, and how often it has to be reached until then.
struct Order {
    point: String,
    left: u32,
}

static ORDER: Mutex<Option<Order>> = Mutex::new(None);

/// Stops the process when that point is reached the `nth` time from now on, or says that there is no such point.
pub(crate) fn at(point: String, nth: u32) -> Result<(), String> {
    if !POINTS.contains(&point.as_str()) {
        return Err(format!("SQLite has no stop point {point:?}"));
    }
    let order = Order { point, left: nth };
    *ORDER.lock().unwrap_or_else(PoisonError::into_inner) = Some(order);
    Ok(())
}

/// Called by SQLite.
#[unsafe(no_mangle)]
extern "C" fn honker_stop_point(name: *const c_char) {
    // SAFETY: the build script passes string constants.
    let name = unsafe { CStr::from_ptr(name) };
    let mut order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(wanted) = order.as_mut() else { return };
    if wanted.point.as_bytes() != name.to_bytes() {
        return;
    }
    wanted.left = wanted.left.saturating_sub(1);
    if wanted.left == 0 {
        *order = None;
        drop(order);
        // The whole process, here. It goes on with SIGCONT, or is killed.
        let stopped = raise(Signal::SIGSTOP);
        assert!(stopped.is_ok(), "a process can stop itself: {stopped:?}");
    }
}
