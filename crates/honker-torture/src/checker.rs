//! Holds what subscribers were told against the commits that were made.
//!
//! A subscriber's *position* is how many commits it was told of. It is known as an interval: a wake with an exact count
//! moves both ends by that count, an inexact one says only that everything readable at some moment before it is told. So an
//! interval that leaves what can have been readable is a wake too many, and a commit that the interval never reaches is
//! one too few.

mod guarantee;
mod positions;

pub use guarantee::{Guarantee, Violation};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::history::{History, NEVER};
use crate::record::{Kind, Subscription, Told, Wake};
use positions::Positions;

/// A time in which a watcher could not run, because of what was done to its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its beginning.
    pub from_ns: u64,
    /// Its end.
    pub to_ns: u64,
}

/// What may be asked of a watcher.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Terms {
    /// How late a wake may be; generous, since the machine is tortured as well.
    pub bound_ns: u64,
    /// When it could not run, in order.
    pub excused: Vec<Span>,
    /// How it has to end, or that it may not.
    pub death: Death,
}

/// Whether a watcher has to end, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Death {
    /// It has to live.
    Never,
    /// It has to end with one of these reasons, or live where that is allowed, too.
    Of(Vec<String>, Survival),
}

impl Death {
    /// With one of these reasons.
    pub fn of(reasons: &[&str], survival: Survival) -> Self {
        Self::Of(
            reasons.iter().map(|&reason| reason.to_owned()).collect(),
            survival,
        )
    }
}

/// Whether a watcher may live instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Survival {
    /// It may.
    Allowed,
    /// Silence would be a lie.
    Forbidden,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            bound_ns: 10_000_000_000,
            excused: Vec::new(),
            death: Death::Never,
        }
    }
}

/// What was found about one watcher.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Wakes of all its subscriptions.
    pub wakes: u64,
    /// Wakes that were not exact.
    pub conservative: u64,
    /// Commits that inexact wakes told and nobody made: each of them says that it is not exact, and is counted.
    pub unproven: u64,
    /// Wakes right after which the database was read.
    pub reads: u64,
    /// Commits that a wake had to cover, over all subscriptions.
    pub covered: u64,
    /// From the moment a commit could be read for certain to its wake, in nanoseconds; 0 if the wake came first.
    pub lateness: Histogram<u64>,
    /// What was broken. At most one of each kind for a subscription, since the first one brings others along.
    pub violations: Vec<Violation>,
}

impl Default for Verdict {
    fn default() -> Self {
        Self {
            wakes: 0,
            conservative: 0,
            unproven: 0,
            reads: 0,
            covered: 0,
            lateness: lateness_histogram(),
            violations: Vec::new(),
        }
    }
}

/// Up to ten minutes, to three digits.
pub fn lateness_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000_000, 3).expect("the bounds are valid")
}

/// Checks every guarantee that one watcher's log can show.
pub fn check(history: &History, told: &Told, terms: &Terms) -> Verdict {
    let mut verdict = Verdict::default();
    for subscription in told.subscriptions.values() {
        check_subscription(history, subscription, terms, &mut verdict);
    }
    check_statistics(told, &mut verdict);
    check_death(told, terms, &mut verdict);
    verdict
}

fn check_subscription(
    history: &History,
    subscription: &Subscription,
    terms: &Terms,
    verdict: &mut Verdict,
) {
    verdict.wakes += subscription.wakes.len() as u64;
    let reads = subscription.wakes.iter().filter(|wake| wake.read.is_some());
    verdict.reads += reads.count() as u64;
    check_order(subscription, verdict);
    let positions = Positions::follow(history, subscription, verdict);
    check_coverage(history, subscription, terms, &positions, verdict);
}

fn check_order(subscription: &Subscription, verdict: &mut Verdict) {
    for pair in subscription.wakes.windows(2) {
        let [earlier, later] = [pair[0], pair[1]];
        if later.seq <= earlier.seq || later.ns < earlier.ns {
            let what = format!("wake {} after wake {}", later.seq, earlier.seq);
            verdict.breaks(Guarantee::Ordered, subscription, later.ns, what);
            return;
        }
    }
}

/// Every commit has a wake at or after it can be read, in time.
fn check_coverage(
    history: &History,
    subscription: &Subscription,
    terms: &Terms,
    positions: &Positions,
    verdict: &mut Verdict,
) {
    let listened_until = subscription.ended_ns.unwrap_or(0);
    let mut next = 0;
    for k in positions.begun_at_most + 1..=history.made() {
        let (earliest, latest) = history.readable(k);
        let wakes = &subscription.wakes;
        while next < wakes.len() && (positions.at_most[next] < k || wakes[next].ns < earliest) {
            next += 1;
        }
        let Some(wake) = wakes.get(next) else {
            // Nobody listened any more, or not for long enough.
            let in_time =
                latest != NEVER && latest.saturating_add(terms.bound_ns) <= listened_until;
            if !in_time && (!subscription.settled || earliest > listened_until) {
                return;
            }
            let woken = wakes.iter().any(|wake| wake.ns >= earliest);
            let (guarantee, what) = if woken {
                let what = format!("commit {k} is in no count, although a wake came after it");
                (Guarantee::CountsExactly, what)
            } else {
                (Guarantee::NeverMisses, format!("no wake after commit {k}"))
            };
            verdict.breaks(guarantee, subscription, earliest, what);
            return;
        };
        verdict.covered += 1;
        // The others are asked now and then only, so that their lateness is their own.
        if latest == NEVER || subscription.sub != 0 {
            continue;
        }
        let ready = next.checked_sub(1).map_or(0, |last| wakes[last].done_ns);
        let late = terms.late(latest.max(ready).max(subscription.after_ns), wake.ns);
        verdict.lateness.saturating_record(late);
        if late > terms.bound_ns {
            let what = format!("commit {k} had to wait {late} ns for its wake");
            verdict.breaks(Guarantee::Bounded, subscription, wake.ns, what);
        }
    }
}

impl Terms {
    /// How late a wake at `ns` is that was due: the time for which the process could not run does not count.
    fn late(&self, due: u64, ns: u64) -> u64 {
        // They come one after the other.
        let stopped = self.excused.iter().map(|span| {
            let (from, to) = (span.from_ns.max(due), span.to_ns.min(ns));
            to.saturating_sub(from)
        });
        ns.saturating_sub(due).saturating_sub(stopped.sum())
    }
}

fn check_statistics(told: &Told, verdict: &mut Verdict) {
    let Some(first) = told.subscriptions.get(&0) else {
        return;
    };
    let Some(statistics) = &told.statistics else {
        let what = "it left no statistics".to_owned();
        verdict.breaks(Guarantee::Loud, first, 0, what);
        return;
    };
    let count = |is: fn(&Wake) -> bool| first.wakes.iter().filter(|wake| is(wake)).count() as u64;
    // One of a replacement may stand for others as well.
    let inexact = count(|wake| !wake.exact && wake.kind != Kind::Replaced);
    let replaced = count(|wake| wake.kind == Kind::Replaced);
    if inexact > statistics.inexact() || replaced > statistics.replacements {
        let what = format!(
            "{inexact} inexact wakes and {replaced} replacements, and {} and {} in the statistics",
            statistics.inexact(),
            statistics.replacements
        );
        verdict.breaks(Guarantee::CountsTheConservative, first, 0, what);
    }
}

fn check_death(told: &Told, terms: &Terms, verdict: &mut Verdict) {
    let Some(first) = told.subscriptions.get(&0) else {
        let nobody = Subscription::default();
        verdict.breaks(Guarantee::Loud, &nobody, 0, "it never began".into());
        return;
    };
    let problem = match (&terms.death, &first.died) {
        (Death::Never, None) => None,
        (Death::Never, Some(reason)) => Some(format!("it ended with {reason}")),
        (Death::Of(reasons, _), Some(reason)) if reasons.contains(reason) => None,
        (Death::Of(reasons, _), Some(reason)) => Some(format!(
            "it ended with {reason} instead of one of {reasons:?}"
        )),
        (Death::Of(_, Survival::Allowed), None) => None,
        (Death::Of(reasons, Survival::Forbidden), None) => {
            Some(format!("it did not end with one of {reasons:?}"))
        }
    };
    // Of the others, those that were dropped before may live on in no record.
    for other in told.subscriptions.values().filter(|other| other.sub > 0) {
        let Some(reason) = &other.died else { continue };
        let is_due = matches!(&terms.death, Death::Of(reasons, _) if reasons.contains(reason));
        if !is_due {
            let ns = other.ended_ns.unwrap_or(0);
            verdict.breaks(
                Guarantee::Loud,
                other,
                ns,
                format!("it ended with {reason}"),
            );
        }
    }
    if let Some(what) = problem {
        verdict.breaks(Guarantee::Loud, first, first.ended_ns.unwrap_or(0), what);
    } else if first.ended_ns.is_none() {
        verdict.breaks(
            Guarantee::Loud,
            first,
            0,
            "its process ended without a word".into(),
        );
    }
}

impl Verdict {
    /// Notes what was broken, unless the same subscription has broken it before.
    fn breaks(&mut self, guarantee: Guarantee, by: &Subscription, ns: u64, what: String) {
        let known =
            |violation: &Violation| violation.guarantee == guarantee && violation.sub == by.sub;
        if !self.violations.iter().any(known) {
            let sub = by.sub;
            self.violations.push(Violation {
                guarantee,
                sub,
                ns,
                what,
            });
        }
    }
}
