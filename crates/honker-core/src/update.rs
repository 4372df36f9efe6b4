//! What a wake tells.

/// One wake: everything that was committed since the previous one.
///
/// Commits between two wakes are one wake; an undrained subscription holds one pending wake, never a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Update {
    /// The number of this wake, counted per watcher from 1. A subscriber that was slow sees gaps.
    pub seq: u64,
    /// How many commits this wake stands for, by SQLite's own count. At least 1 for [`UpdateKind::Commit`]; for
    /// [`UpdateKind::Replaced`] those seen beside the replacement, often 0.
    pub commits: u64,
    /// Whether `commits` is exact. If not it is a lower bound, and
    /// [`Stats::conservative`](crate::Stats::conservative) counts why.
    pub exact: bool,
    /// What happened.
    pub kind: UpdateKind,
}

/// What an [`Update`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateKind {
    /// Something was committed.
    Commit,
    /// The file was replaced and the new one is watched, with [`OnReplace::Follow`](crate::OnReplace::Follow). What
    /// the new file holds is for the next read to find out, so it is never exact.
    Replaced,
    /// Nothing was committed for as long as [`idle_poll`](crate::SubscriptionBuilder::idle_poll) says.
    Idle,
}

impl Update {
    /// Nothing was committed since the wake `seq`.
    pub(crate) const fn idle(seq: u64) -> Self {
        Self {
            seq,
            commits: 0,
            exact: true,
            kind: UpdateKind::Idle,
        }
    }

    /// One wake for both.
    pub(crate) fn and(self, later: Self) -> Self {
        Self {
            seq: later.seq,
            commits: self.commits + later.commits,
            exact: self.exact && later.exact,
            kind: if self.kind == UpdateKind::Replaced {
                self.kind
            } else {
                later.kind
            },
        }
    }
}
