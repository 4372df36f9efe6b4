//! The clocks of the observer thread.

use std::time::Duration;

#[cfg(unix)]
pub(crate) fn now() -> Duration {
    read(rustix::time::ClockId::Monotonic)
}

/// What this thread has used of its processor.
#[cfg(unix)]
pub(crate) fn processor_time() -> Duration {
    read(rustix::time::ClockId::ThreadCPUTime)
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Duration {
    let now = rustix::time::clock_gettime(clock);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

/// Since it was first asked, which is never zero: some say `Duration::ZERO` for "long ago".
#[cfg(windows)]
pub(crate) fn now() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    start.elapsed() + Duration::from_secs(1)
}

/// What this thread has used of its processor. It moves by 16 ms at a time, which evens out over many looks.
#[cfg(windows)]
pub(crate) fn processor_time() -> Duration {
    honker_windows::processor_time_of_thread()
}
