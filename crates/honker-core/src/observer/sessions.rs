//! Which sessions of a write-ahead log were seen, and whether one came and went unseen.
//!
//! A session begins when a connection creates `-wal` or `-shm` and ends when the last one removes them. What a session did is known
//! if its `-shm` was held: its final state is readable there even after it is unlinked. Of the others only the number
//! is known, from the events of the directory. A transaction with a rollback journal counts as such a session: after it
//! the database may be back in WAL mode before anybody looks.

use std::time::Duration;

/// From creating `-wal` to creating `-shm`, and from there to its lock on it, a connection makes a few system calls.
const BEGINNING_PATIENCE: Duration = Duration::from_millis(100);
/// Of a longer gap between two looks this much counts: perhaps nobody got to run in it.
const LONGEST_GAP: Duration = Duration::from_millis(10);

#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub(super) struct SessionLedger {
    /// Sessions begun since the mark, when that was last asked. `None`: unknown.
    begun: Option<u64>,
    /// Those that are accounted for: their `-shm` was held, or the state that is recorded holds what they did.
    known: u64,
    /// Whether a `-shm` is held.
    pub(super) held: bool,
    /// Whether its session is one of the known ones: its `iChange` counts from 0.
    pub(super) fresh: bool,
    /// Whether a session that nobody saw may have written before that one began.
    pub(super) doubted: bool,
    /// A session seems to begin: it has its `-wal`, and no `-shm` yet, or no lock on that. When that was last seen, and for
    /// how long.
    beginning: Option<(Duration, Duration)>,
}

impl SessionLedger {
    /// What the directory's events say now.
    pub(super) fn ask(&mut self, begun: Option<u64>) {
        self.begun = begun;
    }

    /// Sessions that are not accounted for. `None`: unknown.
    pub(super) fn unseen(&self) -> Option<u64> {
        Some(self.begun?.saturating_sub(self.known))
    }

    /// A `-shm` is held from now on. Its session is in the count, if it had to create a file.
    pub(super) fn take(&mut self, begun: Option<u64>) {
        self.begun = begun;
        self.held = true;
        self.fresh = self.unseen().is_some_and(|unseen| unseen > 0);
        self.known += u64::from(self.fresh);
    }

    /// The `-shm` that was held has lost its name.
    pub(super) fn release(&mut self) {
        self.held = false;
        self.fresh = false;
    }

    /// No session up to now wrote anything that is not recorded; one that is only beginning still may. `false`: the
    /// count is lost and has to start again.
    pub(super) fn settle(&mut self, is_one_beginning: bool) -> bool {
        self.doubted = false;
        self.beginning = None;
        let Some(unseen) = self.unseen() else {
            self.known = 0;
            return false;
        };
        self.known += unseen.saturating_sub(u64::from(is_one_beginning));
        true
    }

    /// Whether a session is being waited for.
    pub(super) fn is_one_awaited(&self) -> bool {
        self.beginning.is_some()
    }

    /// Whether to wait for the one session that may be beginning: it is unseen before it has its `-shm`, and nothing can be
    /// said of it before it has locked that. Not for ever: its process may be dead.
    pub(super) fn awaits_beginning(&mut self, now: Duration) -> bool {
        let (last, waited) = self.beginning.unwrap_or((now, Duration::ZERO));
        let waited = waited + now.saturating_sub(last).min(LONGEST_GAP);
        self.beginning = Some((now, waited));
        self.unseen() == Some(u64::from(!self.held)) && waited < BEGINNING_PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_whose_shm_was_held_is_not_unseen() {
        let mut sessions = SessionLedger::default();
        sessions.take(Some(1));
        assert!(sessions.fresh);
        sessions.release();
        sessions.ask(Some(1));
        assert_eq!(sessions.unseen(), Some(0));
        sessions.ask(Some(2));
        assert_eq!(sessions.unseen(), Some(1));
    }

    #[test]
    fn a_session_that_went_on_with_a_log_left_behind_is_not_in_the_count() {
        let mut sessions = SessionLedger::default();
        sessions.take(Some(0));
        assert!(!sessions.fresh);
        sessions.release();
        sessions.ask(Some(1));
        assert_eq!(sessions.unseen(), Some(1));
    }

    #[test]
    fn one_that_is_beginning_stays_unseen_when_the_others_are_settled() {
        let mut sessions = SessionLedger::default();
        sessions.ask(Some(3));
        assert!(sessions.settle(true));
        assert_eq!(sessions.unseen(), Some(1));
        sessions.take(Some(3));
        assert!(sessions.fresh);
        assert_eq!(sessions.unseen(), Some(0));
    }

    #[test]
    fn a_beginning_is_waited_for_but_not_for_ever() {
        let mut sessions = SessionLedger::default();
        sessions.ask(Some(1));
        assert!(sessions.awaits_beginning(Duration::ZERO));
        // A gap in which perhaps nobody ran is no proof that it died.
        assert!(sessions.awaits_beginning(BEGINNING_PATIENCE));
        let looks = (1..=10).map(|look| BEGINNING_PATIENCE + LONGEST_GAP * look);
        assert_eq!(
            looks.filter(|now| sessions.awaits_beginning(*now)).count(),
            8
        );
        let mut without_lock = SessionLedger::default();
        without_lock.take(Some(1));
        assert!(without_lock.awaits_beginning(Duration::ZERO));
        let mut two = SessionLedger::default();
        two.ask(Some(2));
        assert!(!two.awaits_beginning(Duration::ZERO));
    }

    #[test]
    fn lost_events_make_the_count_unknown_until_it_starts_again() {
        let mut sessions = SessionLedger::default();
        sessions.ask(None);
        assert_eq!(sessions.unseen(), None);
        assert!(!sessions.settle(false));
        sessions.ask(Some(1));
        assert_eq!(sessions.unseen(), Some(1));
    }
}
