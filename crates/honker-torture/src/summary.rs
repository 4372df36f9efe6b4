//! The tables at the end: a line for each backend and mode, and one for each fault.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use honker_testkit::JournalMode;

use crate::backend::Backend;
use crate::checker::{Guarantee, Verdict, lateness_histogram};
use crate::faults::Fault;
use crate::round::Judged;

/// What many rounds add up to.
#[derive(Debug, Default)]
pub struct Summary {
    /// How long they took.
    pub elapsed: Duration,
    /// Faults that could not be done here.
    pub skipped: Vec<(Fault, String)>,
    rounds: u64,
    commits: u64,
    in_doubt: u64,
    reads: u64,
    kills: u64,
    broken: BTreeMap<Guarantee, u64>,
    by_watcher: BTreeMap<(Backend, JournalMode), Line>,
    by_fault: BTreeMap<Fault, Line>,
}

/// Some rounds, from one point of view.
#[derive(Debug)]
struct Line {
    rounds: u64,
    strokes: u64,
    commits: u64,
    kills: u64,
    wakes: u64,
    inexact: u64,
    unproven: u64,
    broken: BTreeMap<Guarantee, u64>,
    lateness: Histogram<u64>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            rounds: 0,
            strokes: 0,
            commits: 0,
            kills: 0,
            wakes: 0,
            inexact: 0,
            unproven: 0,
            broken: BTreeMap::new(),
            lateness: lateness_histogram(),
        }
    }
}

impl Line {
    fn add(&mut self, verdict: &Verdict) {
        self.wakes += verdict.wakes;
        self.inexact += verdict.conservative;
        self.unproven += verdict.unproven;
        for violation in &verdict.violations {
            *self.broken.entry(violation.guarantee).or_default() += 1;
        }
        self.lateness
            .add(&verdict.lateness)
            .expect("all have the same bounds");
    }

    fn broken(&self, guarantees: &[Guarantee]) -> u64 {
        let counts = guarantees.iter().filter_map(|name| self.broken.get(name));
        counts.sum()
    }
}

impl Summary {
    /// Adds a round.
    pub fn add(&mut self, judged: &Judged) {
        let outcome = &judged.outcome;
        self.rounds += 1;
        self.commits += outcome.made;
        self.in_doubt += judged.in_doubt;
        self.kills += outcome.kills;
        for (_, violation) in &judged.broken {
            *self.broken.entry(violation.guarantee).or_default() += 1;
        }
        let verdicts = judged.watchers.iter().map(|(verdict, _)| verdict);
        self.reads += verdicts.map(|verdict| verdict.reads).sum::<u64>();
        for (plan, (verdict, _)) in outcome.plan.watchers.iter().zip(&judged.watchers) {
            let key = (plan.backend, outcome.plan.mode);
            let line = self.by_watcher.entry(key).or_default();
            line.rounds += 1;
            line.commits += outcome.made;
            line.kills += outcome.kills;
            line.add(verdict);
        }
        for (fault, strokes) in &outcome.strokes {
            let line = self.by_fault.entry(*fault).or_default();
            line.rounds += 1;
            line.strokes += strokes;
            line.commits += outcome.made;
            line.kills += outcome.kills;
            for (verdict, _) in &judged.watchers {
                line.add(verdict);
            }
        }
    }

    /// Whether nothing was broken, by commits that were made.
    pub fn is_good(&self) -> bool {
        self.commits > 0 && self.broken.is_empty()
    }
}

/// Nanoseconds as a reader likes them.
fn time(ns: u64) -> String {
    match ns {
        0..1_000_000 => format!("{} us", ns / 1_000),
        1_000_000..10_000_000_000 => format!("{} ms", ns / 1_000_000),
        _ => format!("{} s", ns / 1_000_000_000),
    }
}

const COLUMNS: &str =
    "   commits  kills    wakes missed early spurious inexact (unproven)     p50      p99    worst";

fn columns(line: &Line) -> String {
    format!(
        "{:>10} {:>6} {:>8} {:>6} {:>5} {:>8} {:>7} {:>10} {:>7} {:>8} {:>8}",
        line.commits,
        line.kills,
        line.wakes,
        line.broken(&[Guarantee::NeverMisses, Guarantee::CountsExactly]),
        line.broken(&[Guarantee::NotEarly]),
        line.broken(&[Guarantee::NeverSpurious]),
        line.inexact,
        line.unproven,
        time(line.lateness.value_at_quantile(0.5)),
        time(line.lateness.value_at_quantile(0.99)),
        time(line.lateness.max()),
    )
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:12} {:8} rounds {COLUMNS}", "backend", "mode")?;
        for ((backend, mode), line) in &self.by_watcher {
            let rounds = line.rounds;
            writeln!(f, "{backend:12} {mode:8} {rounds:>6} {}", columns(line))?;
        }
        writeln!(f, "\n{:20} rounds  strokes {COLUMNS}", "fault")?;
        for (fault, line) in &self.by_fault {
            let Line {
                rounds, strokes, ..
            } = line;
            writeln!(f, "{fault:20} {rounds:>6} {strokes:>8} {}", columns(line))?;
        }
        for (fault, reason) in &self.skipped {
            writeln!(f, "{fault:20} skipped: {reason}")?;
        }
        writeln!(
            f,
            "\n{} rounds in {} s: {} commits ({} of them by writers that were killed in them), {} kills, {} wakes \
             followed by a read",
            self.rounds,
            self.elapsed.as_secs(),
            self.commits,
            self.in_doubt,
            self.kills,
            self.reads
        )?;
        for guarantee in Guarantee::ALL {
            let broken = self.broken.get(&guarantee).copied().unwrap_or(0);
            if broken > 0 {
                writeln!(f, "BROKEN {guarantee}: {broken}")?;
            }
        }
        if self.is_good() {
            writeln!(f, "all {} guarantees held", Guarantee::ALL.len())?;
        }
        Ok(())
    }
}
