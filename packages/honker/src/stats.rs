//! `Database.stats()`.

use pyo3::prelude::*;
use std::collections::BTreeMap;

/// What a watcher has done since it was opened. Counters only grow.
#[pyclass(frozen, get_all, module = "honker")]
pub(crate) struct Stats {
    /// The backend that was asked for.
    requested: &'static str,
    /// The backend that runs.
    effective: &'static str,
    /// Why `effective` differs from `requested`, if it does.
    fallback: Option<String>,
    /// What to know of the place, such as a network file system.
    caution: Option<String>,
    /// Looks at the database.
    looks: u64,
    /// Looks that found a commit under way.
    busy_looks: u64,
    /// Wakes made.
    wakes: u64,
    /// Commits in those wakes.
    commits: u64,
    /// Replacements of the file that were followed.
    replacements: u64,
    /// Wakes that were not exact, by reason.
    conservative: BTreeMap<&'static str, u64>,
    /// File events of the operating system (kernel only).
    hints: u64,
    /// Looks made because nothing had pointed here for a while (kernel only).
    sweeps: u64,
    /// Sweeps that found a commit: the operating system lost an event.
    sweeps_found: u64,
    /// Times the operating system's event queue overflowed.
    overflows: u64,
    /// Times a saturated writer made the watcher look each millisecond instead.
    storms: u64,
    /// The mean time between looks, in seconds.
    achieved_period: Option<f64>,
    /// Whether the observer thread owns its descriptors.
    private_descriptor_table: bool,
    /// Live subscriptions.
    subscribers: u64,
    /// The last error seen, also one that passed.
    last_error: Option<String>,
}

impl From<honker_core::Stats> for Stats {
    fn from(stats: honker_core::Stats) -> Self {
        Self {
            requested: stats.requested.name(),
            effective: stats.effective.name(),
            fallback: stats.fallback,
            caution: stats.caution,
            looks: stats.looks,
            busy_looks: stats.busy_looks,
            wakes: stats.wakes,
            commits: stats.commits,
            replacements: stats.replacements,
            conservative: stats
                .conservative
                .into_iter()
                .map(|(reason, count)| (reason.name(), count))
                .collect(),
            hints: stats.hints,
            sweeps: stats.sweeps,
            sweeps_found: stats.sweeps_found,
            overflows: stats.overflows,
            storms: stats.storms,
            achieved_period: stats.achieved_period.map(|period| period.as_secs_f64()),
            private_descriptor_table: stats.private_descriptor_table,
            subscribers: stats.subscribers,
            last_error: stats.last_error,
        }
    }
}

#[pymethods]
impl Stats {
    fn __repr__(&self) -> String {
        format!(
            "Stats(effective='{}', looks={}, wakes={}, commits={}, subscribers={}, last_error={})",
            self.effective,
            self.looks,
            self.wakes,
            self.commits,
            self.subscribers,
            self.last_error
                .as_ref()
                .map_or_else(|| "None".to_owned(), |error| format!("{error:?}"))
        )
    }
}
