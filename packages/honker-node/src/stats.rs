//! `Database.stats()`.

use crate::number::count;
use napi_derive::napi;
use std::collections::HashMap;

/// What a watcher has done since it was opened. Counters only grow.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct Stats {
    pub requested: &'static str,
    pub effective: &'static str,
    pub fallback: Option<String>,
    pub caution: Option<String>,
    pub looks: i64,
    pub busy_looks: i64,
    pub wakes: i64,
    pub commits: i64,
    pub replacements: i64,
    pub conservative: HashMap<String, i64>,
    pub hints: i64,
    pub sweeps: i64,
    pub sweeps_found: i64,
    pub overflows: i64,
    pub storms: i64,
    /// In milliseconds.
    pub achieved_period: Option<f64>,
    pub private_descriptor_table: bool,
    pub subscribers: i64,
    pub last_error: Option<String>,
}

impl From<honker_core::Stats> for Stats {
    fn from(stats: honker_core::Stats) -> Self {
        Self {
            requested: stats.requested.name(),
            effective: stats.effective.name(),
            fallback: stats.fallback,
            caution: stats.caution,
            looks: count(stats.looks),
            busy_looks: count(stats.busy_looks),
            wakes: count(stats.wakes),
            commits: count(stats.commits),
            replacements: count(stats.replacements),
            conservative: stats
                .conservative
                .into_iter()
                .map(|(reason, times)| (reason.name().to_owned(), count(times)))
                .collect(),
            hints: count(stats.hints),
            sweeps: count(stats.sweeps),
            sweeps_found: count(stats.sweeps_found),
            overflows: count(stats.overflows),
            storms: count(stats.storms),
            achieved_period: stats
                .achieved_period
                .map(|period| period.as_secs_f64() * 1000.0),
            private_descriptor_table: stats.private_descriptor_table,
            subscribers: count(stats.subscribers),
            last_error: stats.last_error,
        }
    }
}
