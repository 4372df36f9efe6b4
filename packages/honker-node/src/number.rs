//! Numbers, which JavaScript has one kind of.

use crate::error::{Result, invalid};
use std::time::Duration;

/// The largest integer that a JavaScript number holds exactly.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// A count, as a number: exact up to 2^53, where no count gets.
pub(crate) fn count(count: u64) -> i64 {
    i64::try_from(count.min(MAX_SAFE)).unwrap_or(i64::MAX)
}

/// So many milliseconds. JavaScript has checked that they are in range, and says it better than this.
pub(crate) fn milliseconds(given: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(given / 1000.0)
        .map_err(|error| invalid(format!("{given:?} milliseconds: {error}")))
}
