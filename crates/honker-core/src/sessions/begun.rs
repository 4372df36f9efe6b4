//! From the names that appear to the number of sessions.

use crate::hint::Name;

/// Sessions begun. Each creates `-wal` and then `-shm`, or `-journal` if the journal mode was switched meanwhile (but none
/// for MEMORY and OFF). One that finds the `-wal` of a connection that was killed in its last close creates `-shm` alone,
/// and one in `locking_mode=EXCLUSIVE` `-wal` alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Begun {
    sessions: u64,
    /// The last one has created its `-wal`, and no `-shm` yet.
    has_only_log: bool,
}

impl Begun {
    /// Enters a name that was created.
    pub(crate) fn appeared(&mut self, name: Name) {
        let begins = match name {
            Name::Wal | Name::Journal => true,
            Name::WalIndex => !self.has_only_log,
            Name::Database => false,
        };
        self.sessions += u64::from(begins);
        match name {
            Name::Wal => self.has_only_log = true,
            Name::WalIndex => self.has_only_log = false,
            Name::Journal | Name::Database => {}
        }
    }

    /// Enters a name that was removed, or that events were lost: whose `-shm` appears next has a session of its own.
    pub(crate) fn vanished(&mut self) {
        self.has_only_log = false;
    }

    /// Their number.
    pub(crate) fn sessions(self) -> u64 {
        self.sessions
    }
}

#[cfg(test)]
mod tests {
    use super::Name::{Journal, Wal, WalIndex};
    use super::*;

    fn sessions(appeared: &[Name]) -> u64 {
        let mut begun = Begun::default();
        for name in appeared {
            begun.appeared(*name);
        }
        begun.sessions()
    }

    #[test]
    fn a_log_and_its_wal_index_are_one_session() {
        assert_eq!(sessions(&[Wal, WalIndex]), 1);
        assert_eq!(sessions(&[Wal, WalIndex, Wal, WalIndex]), 2);
        assert_eq!(sessions(&[Wal, WalIndex, Journal, Wal, WalIndex]), 3);
    }

    #[test]
    fn one_that_goes_on_with_a_log_left_behind_is_one_too() {
        assert_eq!(sessions(&[Wal, WalIndex, WalIndex]), 2);
    }

    #[test]
    fn what_was_removed_in_between_makes_the_next_wal_index_another_session() {
        let mut begun = Begun::default();
        begun.appeared(Wal);
        begun.vanished();
        begun.appeared(WalIndex);
        assert_eq!(begun.sessions(), 2);
    }

    #[test]
    fn one_that_keeps_its_wal_index_to_itself_is_one_too() {
        assert_eq!(sessions(&[Wal, Wal, WalIndex]), 2);
    }
}
