//! One clock for all processes of a test.

/// `CLOCK_MONOTONIC` in nanoseconds.
#[cfg(unix)]
pub fn monotonic_ns() -> u64 {
    use nix::time::{ClockId, clock_gettime};
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("CLOCK_MONOTONIC is always there");
    let seconds = u64::try_from(now.tv_sec()).expect("the monotonic clock is not negative");
    let nanoseconds = u64::try_from(now.tv_nsec()).expect("nanoseconds are not negative");
    seconds * 1_000_000_000 + nanoseconds
}

/// Nanoseconds since 1970: no other clock is the same for two processes and has a safe wrapper on Windows.
#[cfg(windows)]
pub fn monotonic_ns() -> u64 {
    use std::time::{SystemTime, UNIX_EPOCH};
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("the clock is past 1970").as_nanos();
    u64::try_from(now).expect("before 2554")
}
