//! The two clocks of a line: one to compare with other processes, one to read.

#[cfg(unix)]
use rustix::time::{ClockId, clock_gettime};
use std::time::SystemTime;

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) monotonic_ns: u64,
    pub(crate) time: SystemTime,
}

impl Stamp {
    pub(crate) fn now() -> Self {
        // The monotonic clock first: latencies are computed from it.
        Self {
            monotonic_ns: monotonic_ns(),
            time: SystemTime::now(),
        }
    }

    /// RFC 3339, UTC.
    pub(crate) fn rfc3339(self) -> String {
        humantime::format_rfc3339_micros(self.time).to_string()
    }
}

/// CLOCK_MONOTONIC in nanoseconds. It is the same in every process of a machine.
#[cfg(unix)]
pub(crate) fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or(0);
    seconds * 1_000_000_000 + nanoseconds
}

/// The performance counter in nanoseconds. It is the same in every process of a machine.
#[cfg(windows)]
pub(crate) fn monotonic_ns() -> u64 {
    u64::try_from(honker_windows::performance_counter().as_nanos()).unwrap_or(u64::MAX)
}
