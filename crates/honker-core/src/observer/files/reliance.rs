//! Whether to believe a wal-index when it can't be seen who uses it: on Windows, and of the process's own SQLite on
//! macOS and the BSDs.
//!
//! What a connection publishes there is the last commit frame of the log. Somebody who was killed, or who keeps the
//! wal-index in its own memory (`locking_mode=EXCLUSIVE`), leaves a wal-index that says less than the log: then the log
//! is the truth. For a moment every commit looks like that, so the difference has to last.

use super::super::stamp::Stamp;
use std::time::{Duration, Instant};

/// A log written more recently than this is somebody's.
const RECENT: Duration = Duration::from_secs(1);
/// How long a difference has to last: a commit waits for the disk between its last frame and its publication.
const LASTING: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Reliance {
    /// What was published when the log was found to say the same, and the log's size and times then.
    agreed: Option<(u64, Stamp)>,
    /// What was published, what the log said instead, and since when.
    differed: Option<(u64, u64, Instant)>,
}

impl Reliance {
    /// `published`: the commit in the wal-index. `log`: of `-wal`, written so long ago. `tail` reads that for its last
    /// commit; 0 if it has none, `None` if it can't be read.
    pub(super) fn holds(
        &mut self,
        published: u64,
        (log, written_ago): (Stamp, Duration),
        now: Instant,
        tail: impl FnOnce() -> Option<u64>,
    ) -> bool {
        if written_ago < RECENT {
            self.differed = None;
            return true;
        }
        if self.agreed == Some((published, log)) {
            return true;
        }
        match tail() {
            None => true,
            Some(tail) if tail == 0 || tail == published => {
                self.agreed = Some((published, log));
                self.differed = None;
                true
            }
            Some(tail) => match self.differed {
                Some((before, other, since)) if (before, other) == (published, tail) => {
                    now.saturating_duration_since(since) < LASTING
                }
                _ => {
                    self.differed = Some((published, tail, now));
                    true
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Duration = Duration::from_mins(1);

    #[test]
    fn a_log_that_says_the_same_is_read_once() {
        let mut reliance = Reliance::default();
        let now = Instant::now();
        let log = (Stamp::default(), OLD);
        assert!(reliance.holds(7, log, now, || Some(7)));
        assert!(reliance.holds(7, log, now, || panic!("not again")));
        // Another commit, or another log.
        let mut read = false;
        assert!(reliance.holds(8, log, now, || {
            read = true;
            Some(8)
        }));
        assert!(read);
    }

    #[test]
    fn a_log_that_says_more_for_long_is_the_truth() {
        let mut reliance = Reliance::default();
        let now = Instant::now();
        let log = (Stamp::default(), OLD);
        assert!(reliance.holds(7, log, now, || Some(9)));
        assert!(reliance.holds(7, log, now + LASTING / 2, || Some(9)));
        assert!(!reliance.holds(7, log, now + LASTING, || Some(9)));
        // Published at last.
        assert!(reliance.holds(9, log, now + LASTING, || Some(9)));
    }

    #[test]
    fn a_writer_at_work_is_believed_without_reading_its_log() {
        let mut reliance = Reliance::default();
        let log = (Stamp::default(), Duration::ZERO);
        let now = Instant::now();
        assert!(reliance.holds(7, log, now, || panic!("not read")));
    }

    #[test]
    fn an_empty_log_or_one_that_cannot_be_read_proves_nothing() {
        let mut reliance = Reliance::default();
        let log = (Stamp::default(), OLD);
        let now = Instant::now();
        assert!(reliance.holds(7, log, now, || None));
        assert!(reliance.holds(7, log, now, || Some(0)));
    }
}
