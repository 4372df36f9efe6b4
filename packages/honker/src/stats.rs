//! `Database.stats()`.

use pyo3::prelude::*;
use std::collections::BTreeMap;

/// What a watcher has done since it was opened. Counters only grow.
#[pyclass(frozen, get_all, module = "honker")]
pub(crate) struct Stats {
    requested: &'static str,
    effective: &'static str,
    fallback: Option<String>,
    looks: u64,
    busy_looks: u64,
    wakes: u64,
    commits: u64,
    replacements: u64,
    conservative: BTreeMap<&'static str, u64>,
    hints: u64,
    sweeps: u64,
    sweeps_found: u64,
    overflows: u64,
    storms: u64,
    achieved_period: Option<f64>,
    private_descriptor_table: bool,
    subscribers: u64,
    last_error: Option<String>,
}

impl From<honker_core::Stats> for Stats {
    fn from(stats: honker_core::Stats) -> Self {
        Self {
            requested: stats.requested.name(),
            effective: stats.effective.name(),
            fallback: stats.fallback,
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
