//! How many commits a subscriber was told of, after each wake.

use super::{Guarantee, Verdict};
use crate::history::History;
use crate::record::{Kind, Subscription, Wake};

/// The upper end of a subscriber's position after each of its wakes.
pub(super) struct Positions {
    /// When it began: what came before is not its business.
    pub(super) begun_at_most: u64,
    pub(super) at_most: Vec<u64>,
}

/// From which commit on a subscription may be told: from those on that were made before it was asked for. Whether one
/// that was under way then was made is not to be known.
fn told_at_most_before(history: &History, subscription: &Subscription) -> u64 {
    let made = history.at_least(subscription.before_ns);
    made.saturating_sub(u64::from(history.at_most(subscription.after_ns) > made))
}

/// The position as an interval.
struct Interval {
    low: u64,
    high: u64,
    /// Commits in inexact wakes that have not been taken back: so many may turn out never to have been made.
    doubtful: u64,
}

impl Positions {
    /// Follows a subscription from wake to wake, and notes what is told that cannot be.
    pub(super) fn follow(
        history: &History,
        subscription: &Subscription,
        verdict: &mut Verdict,
    ) -> Self {
        let begun = history.at_most(subscription.after_ns);
        let mut position = Interval {
            low: told_at_most_before(history, subscription),
            high: begun,
            doubtful: 0,
        };
        let mut positions = Self {
            begun_at_most: position.high,
            at_most: Vec::with_capacity(subscription.wakes.len()),
        };
        for wake in &subscription.wakes {
            position.advance(history, wake);
            verdict.conservative += u64::from(!wake.exact);
            position.must_be_made(history, wake, subscription, verdict);
            position.must_be_readable(history, wake, subscription, verdict);
            positions.at_most.push(position.high);
        }
        positions
    }
}

impl Interval {
    fn advance(&mut self, history: &History, wake: &Wake) {
        let possible = history.at_most(wake.ns);
        self.low += wake.commits;
        if wake.exact && wake.kind != Kind::Replaced {
            self.high = possible.min(self.high + wake.commits);
        } else {
            self.high = possible;
            self.doubtful += wake.commits;
        }
    }

    /// No more commits than can have been made.
    fn must_be_made(
        &mut self,
        history: &History,
        wake: &Wake,
        subscription: &Subscription,
        verdict: &mut Verdict,
    ) {
        let possible = history.at_most(wake.ns);
        if self.low > possible && !self.take_back(self.low - possible, verdict) {
            let what = format!(
                "wake {} makes it {} commits, and {possible} were begun",
                wake.seq, self.low
            );
            verdict.breaks(Guarantee::NeverSpurious, subscription, wake.ns, what);
        }
        self.low = self.low.min(possible);
        // Nobody asks for idle wakes here.
        if wake.kind == Kind::Idle || (wake.kind == Kind::Commit && wake.commits == 0) {
            let what = format!("wake {} tells no commit", wake.seq);
            verdict.breaks(Guarantee::NeverSpurious, subscription, wake.ns, what);
        }
    }

    /// A read right after the wake sees what was told.
    fn must_be_readable(
        &mut self,
        history: &History,
        wake: &Wake,
        subscription: &Subscription,
        verdict: &mut Verdict,
    ) {
        if let Some(read) = wake.read {
            let readable = read + history.extras_at_most(wake.done_ns);
            if self.low > readable && !self.take_back(self.low - readable, verdict) {
                let what = format!(
                    "wake {} makes it {} commits, and a read after it saw {read}",
                    wake.seq, self.low
                );
                verdict.breaks(Guarantee::NotEarly, subscription, wake.ns, what);
            }
            self.low = self.low.min(readable);
            // Whatever the watcher had seen, the read saw as well.
            self.high = self.high.min(readable);
        }
        self.high = self.high.max(self.low);
    }

    /// Puts commits down to inexact wakes that were not due to a commit.
    fn take_back(&mut self, commits: u64, verdict: &mut Verdict) -> bool {
        let Some(left) = self.doubtful.checked_sub(commits) else {
            return false;
        };
        self.doubtful = left;
        verdict.unproven += commits;
        true
    }
}
