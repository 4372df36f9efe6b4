//! When a subscription may, and when it must, get its next wake: pure arithmetic.

use std::time::{Duration, Instant};

/// Longer waits are not told apart, and no clock gets that far.
const AGE: Duration = Duration::from_hours(100 * 365 * 24);

/// How often one subscriber wants to hear.
#[derive(Debug)]
pub(crate) struct Pace {
    min_interval: Duration,
    idle_poll: Option<Duration>,
    /// When the last wake was handed out; at first, when the subscription began.
    last: Instant,
    /// Whether one was.
    any: bool,
}

impl Pace {
    pub(crate) fn new(min_interval: Duration, idle_poll: Option<Duration>, now: Instant) -> Self {
        Self {
            min_interval: min_interval.min(AGE),
            idle_poll: idle_poll.map(|wait| wait.min(AGE)),
            last: now,
            any: false,
        }
    }

    /// Until when the next wake has to wait, if it has to.
    pub(crate) fn closed_until(&self, now: Instant) -> Option<Instant> {
        if !self.any || self.min_interval.is_zero() {
            return None;
        }
        let opens = self.last + self.min_interval;
        (now < opens).then_some(opens)
    }

    /// When a wake is due although nothing was committed.
    pub(crate) fn idle_at(&self) -> Option<Instant> {
        let wait = self.idle_poll?;
        let wait = if self.any {
            wait.max(self.min_interval)
        } else {
            wait
        };
        Some(self.last + wait)
    }

    /// A wake is handed out.
    pub(crate) fn handed_out(&mut self, now: Instant) {
        self.last = now;
        self.any = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_wake_is_never_held_back() {
        let start = Instant::now();
        let mut pace = Pace::new(10 * MS, None, start);
        assert_eq!(pace.closed_until(start), None);
        pace.handed_out(start + MS);
        assert_eq!(pace.closed_until(start + 2 * MS), Some(start + 11 * MS));
        assert_eq!(pace.closed_until(start + 11 * MS), None);
        assert_eq!(pace.idle_at(), None);
    }

    #[test]
    fn idle_wakes_count_from_the_last_wake_and_keep_the_interval() {
        let start = Instant::now();
        let mut pace = Pace::new(10 * MS, Some(5 * MS), start);
        assert_eq!(pace.idle_at(), Some(start + 5 * MS));
        pace.handed_out(start + 5 * MS);
        assert_eq!(pace.idle_at(), Some(start + 15 * MS));
    }

    #[test]
    fn times_beyond_the_end_of_the_clock_are_far_away() {
        let start = Instant::now();
        let mut pace = Pace::new(Duration::MAX, Some(Duration::MAX), start);
        pace.handed_out(start);
        let later = start + Duration::from_hours(365 * 24);
        assert!(pace.closed_until(later).is_some());
        assert!(pace.idle_at().is_some_and(|at| at > later));
    }
}
