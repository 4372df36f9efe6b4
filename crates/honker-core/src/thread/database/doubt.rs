//! Subscriptions that begin while nobody can tell what is committed: their next wakes may stand for commits that were made
//! before.

use crate::cadence::Found;

/// What the last look left open, and who has begun since something was.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Of how many wakes a subscription that begins now can't know what is in them for it.
    wakes: u64,
    /// For how many more wakes any of those that have begun is in doubt.
    left: u64,
}

impl Default for Doubt {
    /// Before the first look.
    fn default() -> Self {
        Self {
            wakes: AFTER_NO_ANSWER,
            left: 0,
        }
    }
}

/// After a look that could tell nothing the next wake may be about what was made before, and so may the commit be that it
/// leaves open.
const AFTER_NO_ANSWER: u64 = 2;
/// After one that left but the last commit open the next wake tells of that, whatever it leaves open itself.
const AFTER_OPEN_COMMIT: u64 = 1;

impl Doubt {
    pub(super) fn is_none(&self) -> bool {
        self.wakes == 0
    }

    /// A subscription begins: of so many wakes it is in doubt. `is_wake_held_back`: of what was found earlier, too.
    pub(super) fn begin(&mut self, is_wake_held_back: bool) -> u64 {
        let wakes = self.wakes + u64::from(is_wake_held_back);
        self.left = self.left.max(wakes);
        wakes
    }

    /// A wake goes out. Whether somebody is in doubt of the one after it, too.
    pub(super) fn publish(&mut self, is_conclusive: bool) -> bool {
        self.left = if is_conclusive {
            0
        } else {
            self.left.saturating_sub(1)
        };
        self.left > 0
    }

    /// After a look, which left no commit open if it `is_certain`.
    pub(super) fn look(&mut self, found: Found, is_certain: bool) {
        self.wakes = match found {
            Found::Busy => AFTER_NO_ANSWER,
            Found::Commits if !is_certain => AFTER_OPEN_COMMIT,
            Found::Commits | Found::Nothing => 0,
        };
    }

    /// Nothing is left to tell. Whether that ends the doubt of anybody who has begun.
    pub(super) fn settle(&mut self) -> bool {
        std::mem::take(&mut self.left) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_begins_when_all_is_told_is_not_in_doubt() {
        let mut doubt = Doubt::default();
        doubt.look(Found::Nothing, true);
        assert_eq!(doubt.begin(false), 0);
        doubt.look(Found::Commits, true);
        assert!(doubt.is_none());
    }

    #[test]
    fn who_begins_beside_a_commit_is_in_doubt_of_the_wakes_until_it_is_told() {
        let mut doubt = Doubt::default();
        doubt.look(Found::Commits, false);
        assert_eq!(doubt.begin(false), 1);
        assert!(!doubt.publish(false));
        doubt.look(Found::Busy, true);
        assert_eq!([doubt.begin(false), doubt.begin(false)], [2, 2]);
        assert!(doubt.publish(false));
        assert!(!doubt.publish(false), "counted once");
    }

    #[test]
    fn a_wake_that_is_held_back_is_one_more() {
        let mut doubt = Doubt::default();
        doubt.look(Found::Nothing, true);
        assert_eq!(doubt.begin(true), 1);
        doubt.look(Found::Busy, true);
        assert_eq!(doubt.begin(true), 3);
    }

    #[test]
    fn it_ends_once() {
        let mut doubt = Doubt::default();
        doubt.begin(false);
        assert!(doubt.settle());
        assert!(!doubt.settle());
        doubt.begin(false);
        assert!(!doubt.publish(true));
        assert!(!doubt.settle(), "the wake has ended it");
    }
}
