//! A clock that all processes share.

use std::time::Duration;
use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};

/// The time since the system started, about, by the performance counter. It is the same in every process.
#[must_use]
pub fn performance_counter() -> Duration {
    let (mut ticks, mut per_second) = (0, 0);
    // SAFETY: the system writes one number to where each pointer leads; it never fails since Windows XP.
    unsafe {
        QueryPerformanceCounter(&raw mut ticks);
        QueryPerformanceFrequency(&raw mut per_second);
    }
    let (ticks, per_second) = (ticks.unsigned_abs(), per_second.unsigned_abs().max(1));
    let rest = u128::from(ticks % per_second) * 1_000_000_000 / u128::from(per_second);
    Duration::new(ticks / per_second, u32::try_from(rest).unwrap_or(0))
}
