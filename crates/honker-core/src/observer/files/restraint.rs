//! When to open a journal that its writer may be about to remove.
//!
//! On Windows a file goes with its last handle. Where the file system does not take its name away before (NTFS does since
//! Windows 10 1809), a writer that begins the next transaction finds the old journal in its way, and waits 25 ms or more.
//! Under Wine it is worse: the name stays as long as the handle, and SQLite plays the old journal back. So a journal that comes
//! and goes (DELETE) is judged by its being there, and only one that stays (PERSIST), or stands still, is read.

use crate::watcher::MOST_POLL_INTERVAL;
use std::time::{Duration, Instant};

/// What a directory says of a journal: another journal of the same name says something else.
type Looks = (u64, i128);

/// So long a journal has to stand still before it is read first: longer than most commits wait for their disk.
const FIRST: Duration = Duration::from_millis(100);
/// And so long at most between two times that it was found in use.
const MOST: Duration = Duration::from_secs(1);

/// What was found in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A header that is all zero, as PERSIST leaves it.
    Zeroed,
    /// It would not be played back, for now: it is not synced yet, or its super-journal is gone.
    Cold,
    /// It would be played back.
    Hot,
}

#[derive(Debug, Default)]
pub(super) struct Restraint {
    /// It is one that stays.
    stays: bool,
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    looks: Looks,
    until: Instant,
    pause: Duration,
}

impl Restraint {
    /// There is no journal, or none with anything in it.
    pub(super) fn is_gone(&mut self) {
        *self = Self::default();
    }

    /// There is one. Whether to read it now; if not, it counts as one that will be played back.
    pub(super) fn may_read(&mut self, looks: Looks, now: Instant) -> bool {
        if self.stays {
            return true;
        }
        match &self.waiting {
            Some(waiting) if waiting.looks == looks => now >= waiting.until,
            _ => {
                self.waiting = Some(Waiting {
                    looks,
                    until: now + FIRST,
                    pause: FIRST,
                });
                false
            }
        }
    }

    /// It was read.
    pub(super) fn was_read(&mut self, found: Found, now: Instant) {
        match (found, &mut self.waiting) {
            (Found::Zeroed, _) => self.stays = true,
            (Found::Hot, Some(waiting)) => {
                waiting.pause = (waiting.pause * 2).min(MOST);
                waiting.until = now + waiting.pause;
            }
            // A second look has to confirm it.
            (Found::Cold, _) | (Found::Hot, None) => {}
        }
    }
}

/// Whether a commit that looks over is: its writer ends its journal first, and gives its lock back then. Who sees no
/// locks waits a moment.
#[derive(Debug, Default)]
pub(super) struct Aftermath {
    since: Option<Instant>,
    asked: Option<Instant>,
}

/// Thousands of times as long as that takes a writer that is not interrupted.
const MOMENT: Duration = Duration::from_millis(1);
/// Nobody asks twice about one commit with such a gap: twice the longest interval of polling.
const ANOTHER: Duration = MOST_POLL_INTERVAL.saturating_mul(2);

impl Aftermath {
    /// The journal is still in use.
    pub(super) fn is_not_yet(&mut self) {
        self.since = None;
    }

    /// The journal is over. Whether it has been for long enough.
    pub(super) fn is_past(&mut self, now: Instant) -> bool {
        let asked = self.asked.replace(now);
        if asked.is_none_or(|asked| now.saturating_duration_since(asked) > ANOTHER) {
            self.since = None;
        }
        let since = *self.since.get_or_insert(now);
        let is_past = now.saturating_duration_since(since) >= MOMENT;
        if is_past {
            // What is asked next is about another one.
            self.since = None;
        }
        is_past
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Looks = (512, 1);
    const OTHER: Looks = (512, 2);

    #[test]
    fn a_journal_that_comes_and_goes_is_not_read() {
        let mut restraint = Restraint::default();
        let mut now = Instant::now();
        for round in 0..1000 {
            assert!(!restraint.may_read(SOME, now));
            now += FIRST / 2;
            assert!(!restraint.may_read(SOME, now));
            now += FIRST / 2;
            // Nobody saw that it was gone meanwhile.
            if round % 2 == 0 {
                restraint.is_gone();
            }
            assert!(!restraint.may_read(OTHER, now));
        }
    }

    #[test]
    fn one_that_stays_is_read_each_time_and_one_in_use_more_and_more_rarely() {
        let mut restraint = Restraint::default();
        let start = Instant::now();
        let mut reads = 0;
        for millisecond in 0..10_000 {
            let now = start + Duration::from_millis(millisecond);
            if restraint.may_read(SOME, now) {
                restraint.was_read(Found::Hot, now);
                reads += 1;
            }
        }
        assert!((6..=20).contains(&reads), "{reads}");
        let later = start + Duration::from_mins(1);
        assert!(restraint.may_read(SOME, later));
        restraint.was_read(Found::Zeroed, later);
        assert!(restraint.may_read(OTHER, later));
    }

    /// It is the next transaction's, which waits for the disk, and will be removed.
    #[test]
    fn one_that_is_not_synced_yet_is_none_that_stays() {
        let mut restraint = Restraint::default();
        let start = Instant::now();
        assert!(!restraint.may_read(SOME, start));
        let later = start + FIRST;
        assert!(restraint.may_read(SOME, later));
        restraint.was_read(Found::Cold, later);
        assert!(restraint.may_read(SOME, later), "asked again");
        assert!(!restraint.may_read(OTHER, later));
    }

    #[test]
    fn a_commit_is_past_a_moment_after_its_journal_is_over() {
        let mut aftermath = Aftermath::default();
        let start = Instant::now();
        assert!(!aftermath.is_past(start));
        assert!(!aftermath.is_past(start + MOMENT / 2));
        assert!(aftermath.is_past(start + MOMENT));
        // The next one, at once, and one much later whose predecessor nobody asked about again.
        assert!(!aftermath.is_past(start + MOMENT));
        assert!(!aftermath.is_past(start + ANOTHER * 3));
        // However rarely somebody looks.
        assert!(aftermath.is_past(start + ANOTHER * 4));
        assert!(!aftermath.is_past(start + ANOTHER * 4));
        aftermath.is_not_yet();
        assert!(!aftermath.is_past(start + ANOTHER * 4 + MOMENT));
    }
}
