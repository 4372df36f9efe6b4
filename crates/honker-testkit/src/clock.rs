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

/// The performance counter in nanoseconds.
#[cfg(windows)]
pub fn monotonic_ns() -> u64 {
    let now = honker_windows::performance_counter().as_nanos();
    u64::try_from(now).expect("for 584 years")
}
