//! Numbers, which JavaScript has one kind of.

use crate::error::{Result, invalid};
use std::time::Duration;

/// The largest integer that a JavaScript number holds exactly.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// A count, as a number: exact up to 2^53, where no count gets.
pub(crate) fn count(count: u64) -> i64 {
    i64::try_from(count.min(MAX_SAFE)).unwrap_or(i64::MAX)
}

/// A duration of so many seconds; `given` and `unit` are what the caller named and meant, for the message.
fn duration(name: &str, given: f64, unit: &str, seconds: f64) -> Result<Duration> {
    if seconds == f64::INFINITY {
        return Ok(Duration::MAX);
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        invalid(format!(
            "{name} must be a number of {unit}, 0 or more. Received {given}"
        ))
    })
}

pub(crate) fn milliseconds(name: &str, given: f64) -> Result<Duration> {
    duration(name, given, "milliseconds", given / 1000.0)
}

pub(crate) fn seconds(name: &str, given: f64) -> Result<Duration> {
    duration(name, given, "seconds", given)
}
