//! Subscriptions that begin while nobody can tell what is committed: their next wakes may stand for commits that were made
//! before.

use crate::cadence::Found;

/// What the last look left open, and who has begun since something was.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Of how many wakes a subscription that begins now can't know what is in them for it.
    wakes: u64,
    has_begun: bool,
    /// Of those that have, how many have their first wake to come, and may have a second one in doubt.
    twice: u64,
}

impl Default for Doubt {
    /// Before the first look.
    fn default() -> Self {
        Self {
            wakes: MOST,
            has_begun: false,
            twice: 0,
        }
    }
}

/// After a look that could tell nothing the next wake may be about what was made before, and so may the commit that it leaves
/// open. After one that left but that open, the next wake tells of it, whatever it leaves open itself.
const MOST: u64 = 2;

impl Doubt {
    pub(super) fn is_none(&self) -> bool {
        self.wakes == 0
    }

    /// A subscription begins: for so many wakes it is in doubt.
    pub(super) fn begin(&mut self) -> u64 {
        self.has_begun |= self.wakes > 0;
        self.twice += u64::from(self.wakes == MOST);
        self.wakes
    }

    /// A wake goes out. How many subscriptions are in doubt of the one after it, too.
    pub(super) fn publish(&mut self, is_conclusive: bool) -> u64 {
        let twice = std::mem::take(&mut self.twice);
        self.has_begun &= !is_conclusive;
        if is_conclusive { 0 } else { twice }
    }

    /// After a look. Whether it ends the doubt of those who have begun, because there is nothing to tell them.
    pub(super) fn look(&mut self, found: Found, is_certain: bool) -> bool {
        self.wakes = match found {
            Found::Busy => MOST,
            Found::Commits if !is_certain => 1,
            Found::Commits | Found::Nothing => 0,
        };
        let is_over = found == Found::Nothing;
        if is_over {
            self.twice = 0;
        }
        is_over && std::mem::take(&mut self.has_begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_begins_when_all_is_told_is_not_in_doubt() {
        let mut doubt = Doubt::default();
        assert!(!doubt.look(Found::Nothing, true));
        assert_eq!(doubt.begin(), 0);
        assert!(!doubt.look(Found::Commits, true));
        assert!(doubt.is_none());
    }

    #[test]
    fn who_begins_beside_a_commit_is_in_doubt_of_the_wakes_until_it_is_told() {
        let mut doubt = Doubt::default();
        doubt.look(Found::Commits, false);
        assert_eq!(doubt.begin(), 1);
        assert_eq!(doubt.publish(false), 0);
        doubt.look(Found::Busy, true);
        assert_eq!([doubt.begin(), doubt.begin()], [2, 2]);
        assert_eq!(doubt.publish(false), 2);
        assert_eq!(doubt.publish(false), 0, "each is counted once");
    }

    #[test]
    fn a_look_that_finds_nothing_ends_it_once() {
        let mut doubt = Doubt::default();
        doubt.begin();
        assert!(doubt.look(Found::Nothing, true));
        assert!(!doubt.look(Found::Nothing, true));
        doubt.look(Found::Busy, true);
        doubt.begin();
        assert_eq!(doubt.publish(true), 0);
        assert!(!doubt.look(Found::Nothing, true), "the wake has ended it");
    }
}
