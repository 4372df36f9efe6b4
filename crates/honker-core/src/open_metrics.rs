//! Statistics as text for monitoring systems (OpenMetrics 1.0.0).

use crate::stats::{Conservative, Stats};
use crate::watcher::SharedUpdateWatcher;
use std::fmt::{Display, Write};

/// The media type of [`open_metrics`], for the HTTP header `Content-Type`.
pub const OPEN_METRICS_CONTENT_TYPE: &str =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The [`stats`](SharedUpdateWatcher::stats) of any number of watchers as OpenMetrics text, which Prometheus and its
/// like read. Each sample has the label `database`, the absolute path (with replacement characters where it is not
/// UTF-8). Times are in seconds.
///
/// A watcher that ended keeps its last numbers. Give each database once: two watchers of one database would make two
/// samples of one name, which readers refuse.
///
/// ```
/// use honker_core::{SharedUpdateWatcher, open_metrics};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("app.db");
/// let watcher = SharedUpdateWatcher::new(&path)?;
/// let text = open_metrics([&watcher]);
/// assert!(text.contains("# TYPE honker_wakes counter\n"));
/// assert!(text.ends_with("# EOF\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn open_metrics<'a>(watchers: impl IntoIterator<Item = &'a SharedUpdateWatcher>) -> String {
    let watchers: Vec<Sampled> = watchers.into_iter().map(Sampled::of).collect();
    let mut text = Text::default();
    text.info(&watchers);
    for (name, help, count) in COUNTERS {
        text.family(name, "counter", help);
        for watcher in &watchers {
            let sample = format!("{name}_total");
            text.sample(&sample, &[&watcher.database], count(&watcher.stats));
        }
    }
    text.conservative(&watchers);
    for (name, help, value) in GAUGES {
        text.family(name, "gauge", help);
        for watcher in &watchers {
            if let Some(value) = value(&watcher.stats) {
                text.sample(name, &[&watcher.database], value);
            }
        }
    }
    text.0.push_str("# EOF\n");
    text.0
}

type Counter = (&'static str, &'static str, fn(&Stats) -> u64);
type Gauge = (&'static str, &'static str, fn(&Stats) -> Option<f64>);

/// What only grows, by name.
const COUNTERS: [Counter; 10] = [
    ("honker_looks", "Looks at the database.", |stats| {
        stats.looks
    }),
    (
        "honker_busy_looks",
        "Looks that found a commit under way.",
        |stats| stats.busy_looks,
    ),
    ("honker_wakes", "Wakes made.", |stats| stats.wakes),
    (
        "honker_commits",
        "Commits in those wakes; a lower bound where a wake was conservative.",
        |stats| stats.commits,
    ),
    (
        "honker_replacements",
        "Replacements of the file that were followed.",
        |stats| stats.replacements,
    ),
    (
        "honker_hints",
        "File events of the operating system about the database.",
        |stats| stats.hints,
    ),
    (
        "honker_sweeps",
        "Looks made because nothing had pointed here for a while.",
        |stats| stats.sweeps,
    ),
    (
        "honker_sweeps_found",
        "Sweeps that found a commit: the operating system had lost its event.",
        |stats| stats.sweeps_found,
    ),
    (
        "honker_overflows",
        "Overflows of the operating system's event queue.",
        |stats| stats.overflows,
    ),
    (
        "honker_storms",
        "Times a saturated writer made the watcher drop its file watches.",
        |stats| stats.storms,
    ),
];

/// What goes up and down, by name; `None` where there is nothing to tell yet.
const GAUGES: [Gauge; 4] = [
    ("honker_subscribers", "Live subscriptions.", |stats| {
        Some(whole(stats.subscribers))
    }),
    (
        "honker_fallback",
        "1 if it polls instead of the backend that was asked for, or that auto prefers.",
        |stats| Some(truth(stats.fallback.is_some())),
    ),
    (
        "honker_private_descriptor_table",
        "1 if the observer thread owns its descriptors.",
        |stats| Some(truth(stats.private_descriptor_table)),
    ),
    (
        "honker_look_period_seconds",
        "The mean time between looks so far.",
        |stats| stats.achieved_period.map(|period| period.as_secs_f64()),
    ),
];

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

#[allow(clippy::cast_precision_loss)] // nobody has 2^53 subscribers
fn whole(number: u64) -> f64 {
    number as f64
}

/// One watcher, at one moment.
struct Sampled {
    database: Label,
    stats: Stats,
}

impl Sampled {
    fn of(watcher: &SharedUpdateWatcher) -> Self {
        Self {
            database: Label::new("database", &watcher.path().to_string_lossy()),
            stats: watcher.stats(),
        }
    }
}

/// `name="value"`, escaped.
struct Label(String);

impl Label {
    fn new(name: &str, value: &str) -> Self {
        let mut escaped = String::with_capacity(value.len());
        for c in value.chars() {
            match c {
                '\\' => escaped.push_str("\\\\"),
                '"' => escaped.push_str("\\\""),
                '\n' => escaped.push_str("\\n"),
                other => escaped.push(other),
            }
        }
        Self(format!("{name}=\"{escaped}\""))
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// The lines that come before the samples of one name. Samples of different names may not be mixed.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# TYPE {name} {kind}"));
        if name.ends_with("_seconds") {
            self.line(format_args!("# UNIT {name} seconds"));
        }
        self.line(format_args!("# HELP {name} {help}"));
    }

    fn sample(&mut self, name: &str, labels: &[&Label], value: impl Display) {
        let labels: Vec<&str> = labels.iter().map(|label| label.0.as_str()).collect();
        let labels = labels.join(",");
        self.line(format_args!("{name}{{{labels}}} {value}"));
    }

    fn info(&mut self, watchers: &[Sampled]) {
        self.family("honker_watcher", "info", "Which backend watches.");
        for watcher in watchers {
            let requested = Label::new("requested", watcher.stats.requested.name());
            let effective = Label::new("effective", watcher.stats.effective.name());
            let labels = [&watcher.database, &requested, &effective];
            self.sample("honker_watcher_info", &labels, 1);
        }
    }

    fn conservative(&mut self, watchers: &[Sampled]) {
        let name = "honker_conservative_wakes";
        let help = "Wakes whose commits could not be counted exactly, by reason.";
        self.family(name, "counter", help);
        for watcher in watchers {
            for reason in Conservative::ALL {
                let mut counted = watcher.stats.conservative.iter();
                let count = counted.find(|(known, _)| *known == reason);
                let labels = [&watcher.database, &Label::new("reason", reason.name())];
                let count = count.map_or(0, |(_, count)| *count);
                self.sample("honker_conservative_wakes_total", &labels, count);
            }
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }
}
