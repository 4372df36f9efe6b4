//! What the demo shows.

use crate::exit::{Exit, Failure};
use crate::output::{BOLD, CAUTION, DIM, GOOD, Output, in_one_line};
use hdrhistogram::Histogram;
use honker_core::Update;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::time::Duration;

/// The histogram's end; what is longer counts as this.
const LONGEST_LATENCY_NS: u64 = 60_000_000_000;

/// What has been seen in one journal mode.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) made: u64,
    pub(super) accounted: u64,
    pub(super) wakes: u64,
    pub(super) exact: bool,
    latencies: Histogram<u64>,
}

impl Tally {
    pub(super) fn new() -> Result<Self, Failure> {
        let latencies = Histogram::new_with_bounds(1, LONGEST_LATENCY_NS, 3)
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot measure: {error}")))?;
        Ok(Self {
            made: 0,
            accounted: 0,
            wakes: 0,
            exact: true,
            latencies,
        })
    }

    pub(super) fn add(&mut self, update: Update, latency: Option<Duration>) {
        self.wakes += 1;
        self.accounted += update.commits;
        self.exact &= update.exact;
        if let Some(latency) = latency {
            self.latencies
                .saturating_record(super::nanoseconds(latency));
        }
    }

    fn quantile(&self, quantile: f64) -> String {
        microseconds(Duration::from_nanos(
            self.latencies.value_at_quantile(quantile),
        ))
    }
}

/// One line of the demo.
#[derive(Debug)]
pub(super) struct Wake {
    mode: &'static str,
    update: Update,
    latency: Option<Duration>,
}

impl Wake {
    pub(super) fn new(mode: &'static str, update: Update, latency: Option<Duration>) -> Self {
        Self {
            mode,
            update,
            latency,
        }
    }
}

#[derive(Debug)]
pub(super) struct Report {
    output: Output,
    commits: u64,
}

impl Report {
    pub(super) fn new(output: Output, commits: u64) -> Self {
        Self { output, commits }
    }

    pub(super) fn title(&mut self, directory: &Path) -> io::Result<()> {
        let directory = in_one_line(directory);
        self.output.line(&format!(
            "{BOLD}A writer process commits to a database in {directory}; this process only watches it.{BOLD:#}"
        ))?;
        self.output.line(&format!(
            "{DIM}The latency runs from the return of the commit in the writer to the wake here (0: the wake came \
             first).{DIM:#}"
        ))
    }

    pub(super) fn session(&mut self, mode: &str, backend: &str) -> io::Result<()> {
        let commits = self.commits;
        self.output.line("")?;
        self.output.line(&format!(
            "{BOLD}journal mode {mode}{BOLD:#}: {commits} commits, backend {backend}"
        ))
    }

    pub(super) fn wake(&mut self, wake: &Wake) -> io::Result<()> {
        let Wake { mode, update, .. } = wake;
        let Update { seq, commits, .. } = update;
        let noun = if *commits == 1 { "commit" } else { "commits" };
        let Some(latency) = wake.latency else {
            return self.output.line(&format!(
                "  {mode:<6} {seq:>5}  {commits} {noun}  {CAUTION}one wake too many{CAUTION:#}"
            ));
        };
        let shown = microseconds(latency);
        let bar = bar(latency);
        self.output.line(&format!(
            "  {mode:<6} {seq:>5}  {commits} {noun}  {shown:>9}  {GOOD}{bar}{GOOD:#}"
        ))
    }

    pub(super) fn summary(&mut self, tallies: &[(&str, Tally)]) -> io::Result<()> {
        self.output.line("")?;
        self.row("", tallies, |(mode, _)| (*mode).to_owned())?;
        self.row("commits made", tallies, |(_, tally)| tally.made.to_string())?;
        self.row("accounted for", tallies, |(_, tally)| {
            tally.accounted.to_string()
        })?;
        self.row("wakes", tallies, |(_, tally)| tally.wakes.to_string())?;
        self.row("latency p50", tallies, |(_, tally)| tally.quantile(0.50))?;
        self.row("latency p99", tallies, |(_, tally)| tally.quantile(0.99))
    }

    pub(super) fn verdict(&mut self, tallies: &[(&str, Tally)]) -> io::Result<()> {
        let made: u64 = tallies.iter().map(|(_, tally)| tally.made).sum();
        self.output.line("")?;
        self.output.line(&format!(
            "{GOOD}All {made} commits were accounted for.{GOOD:#}"
        ))
    }

    fn row(
        &mut self,
        name: &str,
        tallies: &[(&str, Tally)],
        value: impl Fn(&(&str, Tally)) -> String,
    ) -> io::Result<()> {
        let values = tallies.iter().fold(String::new(), |mut values, tally| {
            let _ = write!(values, "{:>12}", value(tally));
            values
        });
        self.output
            .line(&format!("{BOLD}{name:<14}{BOLD:#}{values}"))
    }
}

fn microseconds(time: Duration) -> String {
    format!("{:.1} us", time.as_secs_f64() * 1e6)
}

/// Two marks for each doubling: a look tells microseconds from milliseconds.
fn bar(time: Duration) -> String {
    let microseconds = time.as_micros();
    // The square has twice the logarithm, and its whole part tells half doublings apart.
    let marks = microseconds.saturating_mul(microseconds).checked_ilog2();
    "=".repeat(marks.unwrap_or(0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_with_the_logarithm() {
        assert_eq!(bar(Duration::ZERO), "");
        assert_eq!(bar(Duration::from_micros(32)).len(), 10);
        assert_eq!(bar(Duration::from_micros(1024)).len(), 20);
    }
}
