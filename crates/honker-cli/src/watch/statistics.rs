//! `--stats`: what the watcher has done, in one line on standard error.

use crate::output::note;
use honker_core::{SharedUpdateWatcher, Stats};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// When to tell.
#[derive(Debug)]
pub(super) struct Statistics {
    watcher: SharedUpdateWatcher,
    each: Option<Duration>,
    due: Option<Instant>,
}

impl Statistics {
    pub(super) fn new(watcher: SharedUpdateWatcher, each: Option<Duration>) -> Self {
        let mut statistics = Self {
            watcher,
            each,
            due: None,
        };
        statistics.plan();
        statistics
    }

    /// When the next line is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn tell(&self) {
        note(&line(&self.watcher.stats()));
    }

    /// Tells, because it was due.
    pub(super) fn tell_when_due(&mut self) {
        self.tell();
        self.plan();
    }

    fn plan(&mut self) {
        // A time beyond the clock's end never comes.
        self.due = self.each.and_then(|each| Instant::now().checked_add(each));
    }
}

/// A stable shape: `name=value`, texts quoted. Fields may be added.
fn line(stats: &Stats) -> String {
    let mut line = format!(
        "stats: backend={} requested={} looks={} busy_looks={} wakes={} commits={} replacements={} hints={} \
         sweeps={} sweeps_found={} overflows={} storms={} subscribers={}",
        stats.effective,
        stats.requested,
        stats.looks,
        stats.busy_looks,
        stats.wakes,
        stats.commits,
        stats.replacements,
        stats.hints,
        stats.sweeps,
        stats.sweeps_found,
        stats.overflows,
        stats.storms,
        stats.subscribers,
    );
    if let Some(period) = stats.achieved_period {
        let _ = write!(line, " look_period_us={}", period.as_micros());
    }
    for (reason, count) in &stats.conservative {
        let _ = write!(line, " conservative.{}={count}", reason.name());
    }
    for (name, text) in [
        ("fallback", &stats.fallback),
        ("caution", &stats.caution),
        ("last_error", &stats.last_error),
    ] {
        if let Some(text) = text {
            let _ = write!(line, " {name}={text:?}");
        }
    }
    line
}
