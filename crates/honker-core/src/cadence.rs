//! When to look next. Pure arithmetic on times; it reads no clock and makes no system call.
//!
//! A hint or a change sets the delay to `floor`; each look that finds nothing doubles it while a writer is active, up to
//! [`ACTIVE`]. Once none is, one more look finds whatever it committed, and the next one is a sweep; where nothing happens for
//! a second, sweeps are further apart. This closes the race that every event watcher has: a WAL commit
//! writes its frames (an event), syncs, and only then publishes the header (no event), so that a watcher which looks
//! once per event looks too early, and never again.

use std::time::Duration;

/// The longest delay while a writer is active: what the contract calls "bounded".
pub(crate) const ACTIVE: Duration = Duration::from_millis(1);
/// The first delay after a hint. A look costs less than a microsecond; being woken for it is what costs.
pub(crate) const FLOOR: Duration = Duration::from_micros(20);
/// The longest delay of the `kernel` backend until it is quiet: its sweep.
pub(crate) const SWEEP: Duration = Duration::from_millis(100);
/// From one sweep to the next where nothing has happened for [`QUIET_AFTER`]. Waking up is what an idle database costs.
pub(crate) const QUIET_SWEEP: Duration = Duration::from_millis(500);
/// Without an event and without a commit for so long a database is quiet.
const QUIET_AFTER: Duration = Duration::from_secs(1);
/// How long `shm` looks each [`FLOOR`] after the last commit.
const LINGER: Duration = Duration::from_millis(2);
/// Commits found by looks closer together than this, or hints …
const STORM_GAP: Duration = Duration::from_micros(1500);
/// … so many times in a row are a storm: of commits …
const STORM_LOOKS: u32 = 8;
/// … or of hints without a commit, as a large transaction makes while it writes.
const STORM_HINTS: u32 = 64;

/// Times are durations since an arbitrary start of the monotonic clock.
#[derive(Clone, Debug)]
pub(crate) struct Cadence {
    floor: Duration,
    ceiling: Duration,
    delay: Duration,
    due: Duration,
    streak: u32,
    last_found: Option<Duration>,
    hints: u32,
    last_hint: Option<Duration>,
    /// No writer has been active since the last look but one.
    is_settled: bool,
}

/// The ticks that the databases of a thread share, so that one wake-up serves many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks {
    /// Of sweeps: each [`SWEEP`], unless there are very many databases.
    pub(crate) sweep: Tick,
    /// Of the sweeps of a quiet database: each [`QUIET_SWEEP`], with the same exception.
    pub(crate) quiet: Tick,
    /// Where there are no events, looks are at least so many milliseconds apart.
    pub(crate) stretch: u32,
}

/// The times that are `phase` after a multiple of `period`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    pub(crate) period: Duration,
    pub(crate) phase: Duration,
}

impl Tick {
    pub(crate) const fn each(period: Duration) -> Self {
        Self {
            period,
            phase: Duration::ZERO,
        }
    }

    fn after(self, now: Duration) -> Duration {
        let (period, phase) = (self.period.as_nanos().max(1), self.phase.as_nanos());
        let tick = ((now.as_nanos() + period - phase % period) / period) * period + phase % period;
        Duration::from_nanos(u64::try_from(tick).unwrap_or(u64::MAX))
    }
}

/// What a look found, as far as the cadence cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing new.
    Nothing,
    /// Commits.
    Commits,
    /// A commit under way.
    Busy,
}

/// Who is about to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// Somebody holds a lock for it.
    Active,
    /// Nobody: whatever an event up to now pointed to is committed by now, or will not be.
    None,
    /// Not every lock can be seen here.
    Unseen,
}

impl Cadence {
    /// A fixed period, on ticks that all databases with that period share.
    pub(crate) fn polling(period: Duration, now: Duration) -> Self {
        Self::new(period, period, now)
    }

    /// From [`FLOOR`] after a hint to [`SWEEP`] when idle.
    pub(crate) fn hinted(now: Duration) -> Self {
        Self::new(FLOOR, SWEEP, now)
    }

    /// Each [`FLOOR`] while commits keep coming, each [`ACTIVE`] when they stop; no hints.
    pub(crate) fn lingering(now: Duration) -> Self {
        Self::new(FLOOR, ACTIVE, now)
    }

    fn new(floor: Duration, ceiling: Duration, now: Duration) -> Self {
        Self {
            floor,
            ceiling,
            delay: ceiling,
            due: now,
            streak: 0,
            last_found: None,
            hints: 0,
            last_hint: None,
            is_settled: false,
        }
    }

    /// The time of the next look.
    pub(crate) fn due(&self) -> Duration {
        self.due
    }

    /// Whether the next look is a sweep: one that nothing pointed to.
    pub(crate) fn is_sweep(&self) -> bool {
        self.has_events() && self.delay == self.ceiling
    }

    /// Whether events say when to look. If not, the time alone does.
    pub(crate) fn has_events(&self) -> bool {
        !self.is_polling() && self.ceiling == SWEEP
    }

    fn is_polling(&self) -> bool {
        self.floor == self.ceiling
    }

    /// Something happened to the files: look at once, and then more and more rarely.
    pub(crate) fn hint(&mut self, now: Duration) {
        if !self.is_polling() {
            self.delay = self.floor;
            self.due = now;
        }
        self.is_settled = false;
        self.hints = if is_close(self.last_hint, now) {
            self.hints + 1
        } else {
            1
        };
        self.last_hint = Some(now);
    }

    /// Someone asks: look at once, without changing the delay.
    pub(crate) fn look_now(&mut self, now: Duration) {
        self.due = now;
    }

    /// The time of the next sweep.
    pub(crate) fn next_sweep(&self, now: Duration, ticks: Ticks) -> Duration {
        let happened = self.last_hint.max(self.last_found);
        let is_quiet = happened.is_none_or(|last| now.saturating_sub(last) >= QUIET_AFTER);
        let tick = if is_quiet && self.has_events() {
            ticks.quiet
        } else {
            ticks.sweep
        };
        tick.after(now)
    }

    /// Sets the time of the next look. `writer` is asked only where the answer matters.
    pub(crate) fn looked(
        &mut self,
        now: Duration,
        found: Found,
        ticks: Ticks,
        writer: impl FnOnce() -> Writer,
    ) {
        if !self.is_polling() {
            // A writer that began since the last look makes an event before it commits: nothing to ask in a quiet sweep.
            let is_quiet = self.is_sweep() && found == Found::Nothing;
            let is_settled = std::mem::take(&mut self.is_settled);
            self.delay = match found {
                Found::Commits => self.floor,
                Found::Nothing | Found::Busy if self.lingers(now) => self.floor,
                Found::Nothing | Found::Busy => (self.delay * 2).clamp(self.floor, self.ceiling),
            };
            if !is_quiet && (self.has_events() || self.delay > ACTIVE) {
                match writer() {
                    Writer::Active => self.delay = self.delay.min(ACTIVE),
                    Writer::Unseen => {}
                    // It may be the commit's own lock that is not seen.
                    Writer::None if found == Found::Busy || !self.has_events() => {}
                    Writer::None if found == Found::Nothing && is_settled => {
                        self.delay = self.ceiling;
                    }
                    Writer::None => {
                        self.is_settled = true;
                        self.delay = Duration::ZERO;
                    }
                }
            }
        }
        self.due = if self.is_sweep() {
            self.next_sweep(now, ticks)
        } else if self.delay == self.ceiling {
            let period = self.ceiling.max(ACTIVE.saturating_mul(ticks.stretch));
            Tick::each(period).after(now)
        } else {
            now + self.delay
        };
        self.count_streak(now, found);
    }

    fn lingers(&self, now: Duration) -> bool {
        let last = self.last_found;
        self.ceiling == ACTIVE && last.is_some_and(|last| now.saturating_sub(last) < LINGER)
    }

    fn count_streak(&mut self, now: Duration, found: Found) {
        match found {
            Found::Commits => {
                let close = self
                    .last_found
                    .is_some_and(|last| now.saturating_sub(last) < STORM_GAP);
                self.streak = if close { self.streak + 1 } else { 1 };
                self.last_found = Some(now);
            }
            Found::Nothing => self.streak = 0,
            Found::Busy => {}
        }
    }

    /// Whether commits, or events without one, keep coming so fast that events only slow the writer down.
    pub(crate) fn is_storm(&self) -> bool {
        self.streak >= STORM_LOOKS || self.hints >= STORM_HINTS
    }

    /// A storm has passed.
    pub(crate) fn calm(&mut self) {
        self.streak = 0;
        self.hints = 0;
    }

    /// Looks within the millisecond, whatever events and the last look say: in a storm, when the file watches are gone, or
    /// where somebody waits for a state that no event tells of.
    pub(crate) fn look_soon(&mut self, now: Duration) {
        self.due = Tick::each(ACTIVE).after(now);
    }
}

fn is_close(last: Option<Duration>, now: Duration) -> bool {
    last.is_some_and(|last| now.saturating_sub(last) < STORM_GAP)
}

#[cfg(test)]
mod tests;
