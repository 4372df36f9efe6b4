//! Waiting for a condition, with a deadline. The one place of the tests that sleeps.

use std::time::{Duration, Instant};

/// Long enough for anything that should happen at all, also on a loaded machine.
pub const LONG: Duration = Duration::from_mins(1);

/// Asks `condition` until it is true; `false` if that took longer than `within`.
///
/// A condition is asked at least once, and once more after the deadline, so that a process that was
/// not scheduled for a while does not fail its test.
#[must_use = "assert it: a condition that was not reached is the failure"]
pub fn wait_until(within: Duration, mut condition: impl FnMut() -> bool) -> bool {
    wait_for(within, || condition().then_some(())).is_some()
}

/// Asks `attempt` until it gives a value; `None` if that took longer than `within`.
pub fn wait_for<T>(within: Duration, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + within;
    let mut pause = Duration::from_micros(20);
    loop {
        let late = Instant::now() >= deadline;
        if let Some(value) = attempt() {
            return Some(value);
        }
        if late {
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(2));
    }
}
