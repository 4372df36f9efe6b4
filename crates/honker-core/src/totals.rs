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
    /// Wakes that told all that was committed by then.
    conclusive: u64,
    /// How many of the next wakes may stand for commits that this subscription need not be told.
    doubtful: u64,
}

/// What the observer thread has to report.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News {
    Commits {
        tally: Tally,
        /// Whether all that is committed by now is told with it. Otherwise the last commit may be told with the next.
        is_conclusive: bool,
    },
    Replaced,
}

impl Totals {
    /// The same for a subscription that begins while nobody can tell what is committed: the next wake may stand for what
    /// was committed before, and if it leaves a commit open, so may the one after it.
    pub(crate) fn in_doubt(self) -> Self {
        Self {
            doubtful: 2,
            ..self
        }
    }

    /// Enters a wake.
    pub(crate) fn add(&mut self, news: News) {
        self.wakes += 1;
        match news {
            News::Commits {
                tally,
                is_conclusive,
            } => {
                self.commits += tally.commits;
                self.inexact += u64::from(tally.inexact.is_some());
                self.conclusive += u64::from(is_conclusive);
            }
            News::Replaced => {
                self.inexact += 1;
                self.replaced += 1;
                self.conclusive += 1;
            }
        }
    }

    /// Moves a subscription forward. What has happened since, as one wake: of one in doubt it is only certain that
    /// something was committed.
    pub(crate) fn move_to(&mut self, now: &Self) -> Update {
        let wakes = now.wakes - self.wakes;
        let commits = now.commits - self.commits;
        let is_doubtful = self.doubtful > 0;
        let update = Update {
            seq: now.wakes,
            commits: if is_doubtful {
                commits.min(wakes)
            } else {
                commits
            },
            exact: now.inexact == self.inexact && !is_doubtful,
            kind: if now.replaced == self.replaced {
                UpdateKind::Commit
            } else {
                UpdateKind::Replaced
            },
        };
        let is_over = now.conclusive != self.conclusive;
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
        totals.add(News::Commits {
            tally: Tally::exactly(commits),
            is_conclusive,
        });
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
        let mut seen = totals.in_doubt();
        told(&mut totals, 3, CONCLUSIVE);
        assert_eq!(take(&mut seen, &totals), (1, false));
        told(&mut totals, 3, CONCLUSIVE);
        assert_eq!(take(&mut seen, &totals), (3, true));
    }

    #[test]
    fn a_commit_that_the_first_wake_left_open_is_in_doubt_too() {
        let mut totals = Totals::default();
        let mut seen = totals.in_doubt();
        for _ in 0..2 {
            told(&mut totals, 3, OPEN);
            assert_eq!(take(&mut seen, &totals), (1, false));
        }
        // It was told with the second, whatever that left open.
        told(&mut totals, 3, OPEN);
        assert_eq!(take(&mut seen, &totals), (3, true));
    }

    #[test]
    fn wakes_in_doubt_that_are_taken_together_are_a_commit_each() {
        let mut totals = Totals::default();
        let mut seen = totals.in_doubt();
        for commits in [3, 4, 1] {
            told(&mut totals, commits, OPEN);
        }
        assert_eq!(take(&mut seen, &totals), (3, false));
        told(&mut totals, 2, OPEN);
        assert_eq!(take(&mut seen, &totals), (2, true));
    }
}
