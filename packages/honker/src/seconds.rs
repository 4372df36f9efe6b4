//! Durations, which Python gives as seconds.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::time::Duration;

/// A duration of so many seconds; `name` is the argument's, for the message.
pub(crate) fn duration(name: &str, seconds: f64) -> PyResult<Duration> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) => Ok(duration),
        // Beyond the end of time: as long as there is.
        Err(_) if seconds > 0.0 => Ok(Duration::MAX),
        Err(_) => Err(PyValueError::new_err(format!(
            "{name} must be a number of seconds, 0 or more, not {seconds}"
        ))),
    }
}
