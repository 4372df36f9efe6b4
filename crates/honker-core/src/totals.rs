//! What a watcher has told so far, and what of that is news to one subscription.

use crate::observer::Tally;
use crate::update::{Update, UpdateKind};

/// What has been seen so far. A subscription keeps the value it last reported and subtracts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) wakes: u64,
    pub(crate) commits: u64,
    inexact: u64,
    replaced: u64,
    /// Wakes with which all was told that was committed by then.
    conclusive: u64,
    /// How often there turned out to be nothing to tell, and after how many wakes that was so last.
    settled: u64,
    settled_after: u64,
    /// How many of the next wakes may stand for commits that this subscription need not be told.
    doubtful: u64,
}

/// What the observer thread has to report.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News {
    Commits(Tally),
    Replaced,
}

impl Totals {
    /// The same for a subscription of which so many of the next wakes may stand for what was committed before it began.
    pub(crate) fn in_doubt(self, wakes: u64) -> Self {
        Self {
            doubtful: wakes,
            ..self
        }
    }

    /// Enters a wake. `is_conclusive`: all that is committed by now is told with it.
    pub(crate) fn add(&mut self, news: News, is_conclusive: bool) {
        self.wakes += 1;
        match news {
            News::Commits(tally) => {
                self.commits += tally.commits;
                self.inexact += u64::from(tally.inexact.is_some());
            }
            News::Replaced => {
                self.inexact += 1;
                self.replaced += 1;
            }
        }
        self.conclusive += u64::from(is_conclusive);
    }

    /// Nothing that is committed by now is left to tell.
    pub(crate) fn settle(&mut self) {
        self.settled += 1;
        self.settled_after = self.wakes;
    }

    /// Moves a subscription forward. What has happened since, as one wake. Of wakes in doubt it is only certain that
    /// they came.
    pub(crate) fn move_to(&mut self, now: &Self) -> Update {
        let wakes = now.wakes - self.wakes;
        let replaced = now.replaced - self.replaced;
        let commits = now.commits - self.commits;
        let is_settled = now.settled != self.settled;
        let is_over = is_settled || now.conclusive != self.conclusive;
        let was_over_before = is_settled && now.settled_after == self.wakes;
        let is_doubtful = self.doubtful > 0 && !was_over_before;
        let update = Update {
            seq: now.wakes,
            commits: if is_doubtful {
                commits.min(wakes.saturating_sub(self.doubtful + replaced).max(1))
            } else {
                commits
            },
            exact: now.inexact == self.inexact && !is_doubtful,
            kind: if replaced == 0 {
                UpdateKind::Commit
            } else {
                UpdateKind::Replaced
            },
        };
        *self = Self {
            doubtful: if is_over {
                0
            } else {
                self.doubtful.saturating_sub(wakes)
            },
            ..*now
        };
        update
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONCLUSIVE: bool = true;
    const OPEN: bool = false;

    fn told(totals: &mut Totals, commits: u64, is_conclusive: bool) {
        totals.add(News::Commits(Tally::exactly(commits)), is_conclusive);
    }

    /// Commits, and whether they are exact.
    fn take(seen: &mut Totals, totals: &Totals) -> (u64, bool) {
        let update = seen.move_to(totals);
        (update.commits, update.exact)
    }

    #[test]
    fn one_who_begins_when_all_is_told_gets_exact_numbers() {
        let mut totals = Totals::default();
        told(&mut totals, 5, CONCLUSIVE);
        let mut seen = totals;
        told(&mut totals, 3, OPEN);
        told(&mut totals, 3, CONCLUSIVE);
        assert_eq!(take(&mut seen, &totals), (6, true));
    }

    #[test]
    fn one_who_begins_in_doubt_is_not_told_how_many_were_made_before() {
        let mut totals = Totals::default();
        told(&mut totals, 5, CONCLUSIVE);
        let mut seen = totals.in_doubt(2);
        told(&mut totals, 3, CONCLUSIVE);
        assert_eq!(take(&mut seen, &totals), (1, false));
        told(&mut totals, 3, CONCLUSIVE);
        assert_eq!(take(&mut seen, &totals), (3, true));
    }

    #[test]
    fn doubt_ends_when_there_turns_out_to_be_nothing_to_tell() {
        let mut totals = Totals::default();
        told(&mut totals, 5, CONCLUSIVE);
        let mut seen = totals.in_doubt(2);
        totals.settle();
        told(&mut totals, 3, OPEN);
        assert_eq!(take(&mut seen, &totals), (3, true));
        let mut seen = totals.in_doubt(2);
        told(&mut totals, 3, OPEN);
        assert_eq!(take(&mut seen, &totals), (1, false));
        totals.settle();
        told(&mut totals, 3, CONCLUSIVE);
        assert_eq!(take(&mut seen, &totals), (3, true));
    }

    #[test]
    fn what_was_settled_before_it_began_is_of_no_use_to_one_in_doubt() {
        let mut totals = Totals::default();
        totals.settle();
        let mut seen = totals.in_doubt(1);
        told(&mut totals, 3, OPEN);
        assert_eq!(take(&mut seen, &totals), (1, false));
        told(&mut totals, 3, OPEN);
        assert_eq!(take(&mut seen, &totals), (3, true));
    }

    #[test]
    fn a_commit_that_the_first_wake_left_open_is_in_doubt_too() {
        let mut totals = Totals::default();
        let mut seen = totals.in_doubt(2);
        for _ in 0..2 {
            told(&mut totals, 3, OPEN);
            assert_eq!(take(&mut seen, &totals), (1, false));
        }
        // It was told with the second, whatever that left open.
        told(&mut totals, 3, OPEN);
        assert_eq!(take(&mut seen, &totals), (3, true));
    }

    #[test]
    fn of_wakes_taken_together_those_in_doubt_are_not_counted() {
        let mut totals = Totals::default();
        let mut seen = totals.in_doubt(2);
        for commits in [3, 4, 1, 1] {
            told(&mut totals, commits, OPEN);
        }
        assert_eq!(take(&mut seen, &totals), (2, false));
        told(&mut totals, 2, OPEN);
        assert_eq!(take(&mut seen, &totals), (2, true));
    }
}
