//! When the command is due: wakes gather into one batch until it can run.

use std::time::{Duration, Instant};

/// What one run of the command stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// The number of the last wake in it.
    pub(crate) seq: u64,
    /// The commits of all of them.
    pub(crate) commits: u64,
}

#[derive(Debug)]
pub(super) struct Schedule {
    debounce: Option<Duration>,
    gathered: Option<Batch>,
    quiet_at: Option<Instant>,
}

/// Longer waits are cut to this, so that adding one to a time of the clock never overflows.
const A_CENTURY: Duration = Duration::from_hours(100 * 365 * 24);

impl Schedule {
    pub(super) fn new(debounce: Option<Duration>) -> Self {
        Self {
            debounce: debounce.map(|quiet| quiet.min(A_CENTURY)),
            gathered: None,
            quiet_at: None,
        }
    }

    pub(super) fn wake(&mut self, wake: Batch, now: Instant) {
        let before = self.gathered.map_or(0, |batch| batch.commits);
        self.gathered = Some(Batch {
            seq: wake.seq,
            commits: before.saturating_add(wake.commits),
        });
        self.quiet_at = self.debounce.map(|quiet| now + quiet);
    }

    /// No more wakes will come: what has gathered is due now.
    pub(super) fn close(&mut self) {
        self.debounce = None;
        self.quiet_at = None;
    }

    /// Nothing shall run any more.
    pub(super) fn clear(&mut self) {
        self.gathered = None;
        self.quiet_at = None;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gathered.is_none()
    }

    /// When to ask again, if what has gathered is not due yet.
    pub(super) fn due(&self) -> Option<Instant> {
        self.quiet_at
    }

    /// Takes what has gathered, if it is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<Batch> {
        if self.quiet_at.is_some_and(|quiet_at| now < quiet_at) {
            return None;
        }
        self.quiet_at = None;
        self.gathered.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn wake(seq: u64, commits: u64) -> Batch {
        Batch { seq, commits }
    }

    #[test]
    fn wakes_gather_into_one_batch_with_the_last_number_and_all_commits() {
        let now = Instant::now();
        let mut schedule = Schedule::new(None);
        assert_eq!(schedule.take(now), None);
        schedule.wake(wake(1, 1), now);
        schedule.wake(wake(4, 10), now);
        assert_eq!(schedule.take(now), Some(wake(4, 11)));
        assert_eq!(schedule.take(now), None, "a batch is taken once");
    }

    #[test]
    fn each_wake_puts_a_debounced_batch_off() {
        let quiet = Duration::from_millis(50);
        let start = Instant::now();
        let mut schedule = Schedule::new(Some(quiet));
        schedule.wake(wake(1, 1), start);
        schedule.wake(wake(2, 1), start + quiet / 2);
        assert_eq!(schedule.take(start + quiet), None);
        assert_eq!(schedule.due(), Some(start + quiet / 2 + quiet));
        assert_eq!(schedule.take(start + quiet * 2), Some(wake(2, 2)));
        assert_eq!(schedule.due(), None);
    }

    #[test]
    fn after_the_last_wake_nothing_is_put_off() {
        let now = Instant::now();
        let mut schedule = Schedule::new(Some(Duration::from_mins(1)));
        schedule.wake(wake(1, 2), now);
        schedule.close();
        assert_eq!(schedule.take(now), Some(wake(1, 2)));
    }

    #[test]
    fn a_debounce_beyond_the_clocks_end_is_a_long_one() {
        let now = Instant::now();
        let mut schedule = Schedule::new(Some(Duration::MAX));
        schedule.wake(wake(1, 1), now);
        assert_eq!(schedule.take(now), None);
    }
}
