//! How many commits a log has gained: by `iChange` where that is sure to have counted on, else by the frames that end a
//! commit, else at least one.

use super::super::evidence::Evidence;
use super::super::wal_index::{WalIndex, WalIndexHeader};
use super::super::{Observer, Tally};
use super::Reading;
use crate::stats::Conservative;
use std::time::Duration;

/// Between two looks this close together no session can have closed, and another one have died, so that a third
/// recovered its log: starting connections takes longer than commits.
const CONTINUOUS: Duration = Duration::from_millis(20);
/// No WAL commit takes less.
const SHORTEST_COMMIT: Duration = Duration::from_micros(2);
/// Counting more frames than this one by one would hold up other databases.
const FRAMES_LIMIT: u32 = 1 << 14;

impl<E: Evidence> Observer<E> {
    /// How many commits lie between the last header seen and this one. `base`: where `iChange` counted from, if known.
    pub(super) fn count(
        &mut self,
        index: &WalIndexHeader,
        base: Option<u32>,
        now: Duration,
    ) -> Tally {
        let before = self.log.index;
        let restarted = before.commit == 0 || before.salt != index.salt;
        let by_change = base
            .map(|base| index.change.wrapping_sub(base))
            .filter(|commits| *commits > 0);
        let gap = now.saturating_sub(self.at);
        if let Some(commits) = by_change
            && gap < CONTINUOUS
            && !self.may_have_been_recovered()
            && SHORTEST_COMMIT.saturating_mul(commits) <= gap.max(SHORTEST_COMMIT)
            && (restarted || commits <= index.last_frame.saturating_sub(before.last_frame))
        {
            return Tally::exactly(u64::from(commits));
        }
        let first = if restarted {
            1
        } else {
            before.last_frame.saturating_add(1)
        };
        match self.count_by_frames(first, index) {
            // Of a log that was restarted only the rest can be counted: the two counts must agree.
            Some(commits) if !restarted || by_change.map(u64::from) == Some(commits) => {
                Tally::exactly(commits)
            }
            _ => Tally::at_least_one(Conservative::LogNotFollowed),
        }
    }

    /// Whether `iChange` may have started over since the last look: a connection that finds itself alone cuts the
    /// `-shm` before it recovers the log, and that moves its ctime. (So does unlinking it, which proves nothing.)
    fn may_have_been_recovered(&mut self) -> bool {
        let file = self.evidence.wal_index_file();
        self.log.followed
            && file.is_ok_and(|file| {
                file.is_some_and(|file| file.linked && self.log.changed != Some(file.changed))
            })
    }

    /// The value of `iChange` that stands for the last look, if it counted on from there: the one seen then, or 0 in
    /// the first session since.
    pub(super) fn change_counts_from(&mut self, reading: &Reading) -> Option<u32> {
        let untouched = self.log.index.commit == 0 && reading.stamp == self.stamp;
        if !reading.live {
            None
        } else if self.log.followed {
            Some(self.log.index.change)
        } else if self.log.sessions.fresh
            || untouched
            || self.is_explained_by_last_close(reading.stamp)
        {
            Some(0)
        } else {
            None
        }
    }

    /// By the commit marks in the log itself.
    fn count_by_frames(&mut self, first: u32, index: &WalIndexHeader) -> Option<u64> {
        let frames = index.last_frame.checked_sub(first)?;
        if frames >= FRAMES_LIMIT {
            return None;
        }
        let commits = self
            .evidence
            .commit_frames(first, index.last_frame, index.page_size)?;
        // Had the log been restarted meanwhile, some of those frames would have been others.
        let unchanged = match self.evidence.wal_index() {
            Ok(WalIndex::Valid(now)) => now.salt == index.salt,
            Ok(WalIndex::Absent | WalIndex::Torn) => true,
            Err(_) => false,
        };
        (unchanged && commits > 0).then_some(commits)
    }
}
