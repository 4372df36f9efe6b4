//! How many commits a log has gained: by the frames that end a commit, else by `iChange` where that is sure to have counted
//! on, else at least one.

use super::super::evidence::{Evidence, Seen, WalIndexFile};
use super::super::log::FRAMES_LIMIT;
use super::super::stamp::Stamp;
use super::super::wal_index::{WalIndex, WalIndexHeader};
use super::super::{Observer, Tally};
use super::{IndexTimes, Reading};
use crate::stats::Conservative;
use std::time::Duration;

/// Between two looks further apart than this not even unmoved times of the `-shm` are believed, whatever file system gave
/// them.
const CONTINUOUS: Duration = Duration::from_millis(20);
/// No WAL commit takes less.
const SHORTEST_COMMIT: Duration = Duration::from_micros(2);
impl<E: Evidence> Observer<E> {
    /// How many commits lie between the last header seen and this one. `base`: where `iChange` counted from, if known.
    pub(super) fn count(
        &mut self,
        index: &WalIndexHeader,
        base: Option<u32>,
        now: Duration,
        is_last_close: bool,
    ) -> Tally {
        let before = self.log.index;
        let by_change = base
            .map(|base| index.change.wrapping_sub(base))
            .filter(|commits| *commits > 0)
            .map(u64::from);
        let (by_frames, is_proven) = if before.salt == index.salt {
            let frames = u64::from(index.last_frame.saturating_sub(before.last_frame));
            let commits = by_change
                // No commit has less than a frame, and `iChange` never says too much.
                .filter(|commits| *commits == frames)
                .or_else(|| self.count_by_frames(before.last_frame.saturating_add(1), index));
            (commits, true)
        } else {
            let rest = self.evidence.commit_frames_after(&before);
            let commits = self.count_by_frames(1, index);
            let commits = commits.map(|commits| commits + rest.unwrap_or(0));
            let are_all_there = rest.is_some() && index.is_next_log_after(&before);
            let agree = commits == by_change && (are_all_there || is_last_close || self.is_whole());
            (commits, agree)
        };
        if let (Some(commits), true) = (by_frames, is_proven) {
            return Tally::exactly(commits);
        }
        let gap = now.saturating_sub(self.at);
        let is_plausible = |commits: &u64| {
            let least = SHORTEST_COMMIT.as_nanos() * u128::from(*commits);
            gap < CONTINUOUS && least <= gap.max(SHORTEST_COMMIT).as_nanos()
        };
        match by_change.filter(is_plausible) {
            Some(commits) if by_frames <= Some(commits) && self.has_counted_on() => {
                Tally::exactly(commits)
            }
            _ => Tally::at_least_one(Conservative::LogNotFollowed),
        }
    }

    /// Whether no commit since the last look is in no frame any more: none was checkpointed. Or it was, and `iChange` has
    /// counted it.
    fn is_whole(&mut self) -> bool {
        let stamp = self.stamp;
        self.evidence.stamp().is_ok_and(|now| now == stamp) || self.has_counted_on()
    }

    /// Whether `iChange` has counted on since it was last known to be right. It starts over when a connection that finds
    /// itself alone recovers the log, which takes no crash: one that closes while another one opens is not the last,
    /// and leaves its log to it. Such a connection cuts the `-shm` first, and that moves both of its times; unlinking it
    /// moves its ctime alone.
    fn has_counted_on(&mut self) -> bool {
        let (Some(before), Ok(Some(now))) = (self.log.counted_at, self.evidence.wal_index_file())
        else {
            return false;
        };
        if now.linked {
            now.changed == before.changed
        } else {
            now.modified == Some(before.modified)
        }
    }

    /// The times of a `-shm`, if any further change is sure to move them.
    pub(super) fn index_times(&mut self, file: WalIndexFile) -> Option<IndexTimes> {
        let changed = file.changed;
        let modified = file.modified?;
        let times = IndexTimes { changed, modified };
        let stamp = Stamp {
            size: 0,
            modified,
            changed,
        };
        self.evidence.is_ripe(stamp).then_some(times)
    }

    /// The times of the `-shm` that was just taken, if its `iChange` is the number of all commits in its log.
    pub(super) fn counted_from_the_start(&mut self) -> Seen<Option<IndexTimes>> {
        let Some(file) = self.evidence.wal_index_file()? else {
            return Ok(None);
        };
        let times = self.index_times(file);
        let WalIndex::Valid(index) = self.evidence.wal_index()? else {
            return Ok(None);
        };
        let is_whole =
            index.commit == 0 || self.count_by_frames(1, &index) == Some(u64::from(index.change));
        Ok(times.filter(|_| is_whole && file.linked))
    }

    /// The value of `iChange` that stands for the last look, if it counted on from there: the one seen then, or 0 in
    /// the first session since.
    pub(super) fn change_counts_from(&mut self, reading: &Reading) -> Option<u32> {
        let untouched = self.log.index.commit == 0 && reading.stamp == self.stamp;
        if !reading.live {
            None
        } else if self.log.followed {
            Some(self.log.index.change)
        } else if untouched
            || (self.log.sessions.fresh && self.log.counted_at.is_some())
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
        self.evidence
            .commit_frames(first, index)
            .filter(|commits| *commits > 0)
    }
}
