//! How far apart looks are when many databases are watched. Pure arithmetic; it reads no clock.
//!
//! One database costs a wake-up each sweep. Of many, a hundred share one, so that a burst is never longer than a hundred
//! looks, some 200 µs; and with more than five hundred (of quiet ones, 1,250) the sweeps are the rarer the more there are.

use super::agenda::Id;
use crate::cadence::{QUIET_SWEEP, SWEEP, Tick, Ticks};
use std::time::Duration;

/// So many databases share a wake-up for their sweeps.
const SHARED: usize = 100;
/// Such wake-ups are at least this far apart …
const APART: Duration = Duration::from_millis(20);
/// … and those for quiet databases this far.
const QUIET_APART: Duration = Duration::from_millis(40);
/// The part of one processor that polling may take: one in this many.
const SHARE: u32 = 4;
/// Fewer databases than this are never worth measuring.
const FEW: usize = 32;
/// How long the cost of polling is measured before it is judged.
const WINDOW: Duration = Duration::from_millis(100);
/// Polling that no longer takes this much of its share returns to a shorter period.
const RETURN: f64 = 0.7;

/// What all databases of a thread have to go by.
#[derive(Debug)]
pub(super) struct Spacing {
    databases: usize,
    /// Where there are no events, looks are at least so many milliseconds apart.
    stretch: u32,
    window: Option<Window>,
}

/// A measurement of what looking costs.
#[derive(Clone, Copy, Debug)]
struct Window {
    since: Duration,
    spent: Duration,
}

impl Window {
    fn from(since: Duration) -> Self {
        Self {
            since,
            spent: Duration::ZERO,
        }
    }
}

impl Default for Spacing {
    fn default() -> Self {
        Self {
            databases: 0,
            stretch: 1,
            window: None,
        }
    }
}

impl Spacing {
    pub(super) fn set_databases(&mut self, databases: usize) {
        self.databases = databases;
        if !self.is_measured() {
            self.stretch = 1;
            self.window = None;
        }
    }

    /// The ticks of one database.
    pub(super) fn ticks(&self, id: Id) -> Ticks {
        let groups = u32::try_from(self.databases.div_ceil(SHARED).max(1)).unwrap_or(u32::MAX);
        let group = u32::try_from(id % u64::from(groups)).unwrap_or(0);
        let tick = |period: Duration, apart: Duration| {
            let period = period.max(apart.saturating_mul(groups));
            Tick {
                period,
                phase: period / groups * group,
            }
        };
        Ticks {
            sweep: tick(SWEEP, APART),
            quiet: tick(QUIET_SWEEP, QUIET_APART),
            stretch: self.stretch,
        }
    }

    /// Whether it is worth asking what looking costs.
    pub(super) fn is_measured(&self) -> bool {
        self.databases >= FEW
    }

    /// The thread has `spent` so much processor time on looks since it was asked last. `polled` says whether the databases
    /// are polled, mostly: with file events there is nothing to be stretched.
    pub(super) fn spent(&mut self, spent: Duration, polled: bool, now: Duration) {
        if !polled {
            return;
        }
        let Some(window) = &mut self.window else {
            self.window = Some(Window::from(now));
            return;
        };
        window.spent += spent;
        let length = now.saturating_sub(window.since);
        if length < WINDOW {
            return;
        }
        let share = window.spent.as_secs_f64() / length.as_secs_f64() * f64::from(SHARE);
        self.window = Some(Window::from(now));
        // What it would be without stretching.
        let wanted = share * f64::from(self.stretch);
        if share > 1.0 || wanted < f64::from(self.stretch - 1) * RETURN {
            self.stretch = ceiling(wanted);
        }
    }
}

/// The next whole number, and at least 1.
fn ceiling(number: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 1 and 10,000
    let whole = number.ceil().clamp(1.0, 10_000.0) as u32;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const MS: Duration = Duration::from_millis(1);

    fn spacing(databases: usize) -> Spacing {
        let mut spacing = Spacing::default();
        spacing.set_databases(databases);
        spacing
    }

    #[test]
    fn up_to_500_databases_are_swept_each_100_ms_and_more_at_the_rate_of_500() {
        for (databases, sweep, quiet) in [
            (1, 100, 500),
            (100, 100, 500),
            (500, 100, 500),
            (1000, 200, 500),
            (10_000, 2000, 4000),
        ] {
            let ticks = spacing(databases).ticks(7);
            assert_eq!(ticks.sweep.period, MS * sweep, "{databases}");
            assert_eq!(ticks.quiet.period, MS * quiet, "{databases}");
        }
    }

    #[test]
    fn sweeps_share_wake_ups_and_never_burst() {
        for databases in [1_u64, 50, 100, 101, 1000, 10_000] {
            let spacing = spacing(usize::try_from(databases).expect("small"));
            for tick in [|ticks: Ticks| ticks.sweep, |ticks: Ticks| ticks.quiet] {
                let mut together: HashMap<Duration, u64> = HashMap::new();
                for id in 0..databases {
                    *together.entry(tick(spacing.ticks(id)).phase).or_default() += 1;
                }
                assert!(together.values().all(|looks| *looks <= 100), "{databases}");
                let wake_ups = u64::try_from(together.len()).expect("small");
                assert_eq!(wake_ups, databases.div_ceil(100));
                let period = tick(spacing.ticks(0)).period;
                assert!(together.keys().all(|phase| *phase < period));
            }
        }
    }

    #[test]
    fn polling_that_takes_more_than_its_share_is_stretched_to_it_and_comes_back() {
        let mut spacing = spacing(10_000);
        let mut now = Duration::ZERO;
        // A look at all of them takes 15 ms, each tick.
        let mut run = |cost: Duration, spacing: &mut Spacing| {
            for _ in 0..100 {
                let period = cost.max(MS * spacing.ticks(0).stretch);
                now += period;
                spacing.spent(cost, true, now);
            }
            spacing.ticks(0).stretch
        };
        let stretch = run(MS * 15, &mut spacing);
        assert!((60..=70).contains(&stretch), "{stretch}");
        assert_eq!(run(MS * 15, &mut spacing), stretch, "it stays there");
        assert_eq!(run(Duration::from_micros(100), &mut spacing), 1);
    }

    #[test]
    fn a_few_databases_are_never_stretched_and_file_events_have_nothing_to_stretch() {
        assert!(!spacing(10).is_measured());
        let mut spacing = spacing(1000);
        spacing.spent(MS * 1000, false, MS * 1000);
        spacing.spent(MS * 1000, false, MS * 2000);
        assert_eq!(spacing.ticks(0).stretch, 1);
    }
}
