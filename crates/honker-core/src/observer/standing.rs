//! Where a database stands: which commit was the last one seen. Two observers of the same file can compare that, also
//! in two processes, one after the other.

use super::Observer;
use super::evidence::Evidence;
use super::header::{Fields, Header};
use super::stamp::Stamp;
use crate::identity::Identity;

/// The last commit that was seen, by what identifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not to be known when it was asked: a commit was under way.
    Unknown,
    /// There was no file.
    Absent,
    /// A rollback journal: the file change counter. An empty file counts as 0.
    Rollback { file: Identity, counter: u32 },
    /// A write-ahead log.
    Wal { file: Identity, log: LogStanding },
}

/// Where a write-ahead log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogStanding {
    /// The checksum of the last commit frame; 0 if the log had none.
    pub(crate) commit: u64,
    /// Size and times of the database at that time. `None` if a further write could have left them as they were.
    pub(crate) stamp: Option<Stamp>,
}

/// What became of a database between two standings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// Nothing was committed.
    Nothing,
    /// Something may have been committed.
    Commits,
    /// It is another file.
    Replaced,
}

impl Standing {
    /// What became of the database between `before` and this. Says `Nothing` only where that is certain.
    pub(crate) fn since(self, before: Self) -> Since {
        match (before, self) {
            (Self::Unknown, _) | (_, Self::Unknown) => Since::Commits,
            (Self::Absent, Self::Absent | Self::Rollback { counter: 0, .. }) => Since::Nothing,
            (Self::Absent, _) => Since::Commits,
            (_, Self::Absent) => Since::Replaced,
            (
                Self::Rollback { file, .. } | Self::Wal { file, .. },
                Self::Rollback { file: now, .. } | Self::Wal { file: now, .. },
            ) if file != now => Since::Replaced,
            (Self::Rollback { counter, .. }, Self::Rollback { counter: now, .. }) => {
                commits_unless(counter == now)
            }
            (Self::Wal { log, .. }, Self::Wal { log: now, .. }) => {
                commits_unless(now.is_still(log))
            }
            // The switch is a commit.
            (Self::Rollback { .. }, Self::Wal { .. })
            | (Self::Wal { .. }, Self::Rollback { .. }) => Since::Commits,
        }
    }
}

fn commits_unless(same: bool) -> Since {
    if same { Since::Nothing } else { Since::Commits }
}

impl LogStanding {
    /// Whether the last commit is the same. Without a commit in the log the database's size and times tell: a log is
    /// written into the database before it goes.
    fn is_still(self, before: Self) -> bool {
        if self.commit == 0 {
            self.stamp.is_some() && self.stamp == before.stamp
        } else {
            self.commit == before.commit
        }
    }
}

impl<E: Evidence> Observer<E> {
    /// Where the database stood at the last look that could tell.
    pub(crate) fn standing(&self, file: Identity) -> Standing {
        if !self.is_settled() {
            return Standing::Unknown;
        }
        match self.header {
            Header::Empty => Standing::Rollback { file, counter: 0 },
            Header::Database(Fields {
                wal: false,
                counter,
                ..
            }) => Standing::Rollback { file, counter },
            Header::Database(Fields { wal: true, .. }) => Standing::Wal {
                file,
                log: LogStanding {
                    commit: self.commit_in_log(),
                    stamp: (self.stamp != Stamp::default()).then_some(self.stamp),
                },
            },
            Header::Version { .. } | Header::Truncated { .. } | Header::Foreign { .. } => {
                Standing::Unknown
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::stamp::Time;

    const FILE: Identity = Identity { dev: 1, ino: 2 };
    const OTHER: Identity = Identity { dev: 1, ino: 3 };

    fn rollback(counter: u32) -> Standing {
        Standing::Rollback {
            file: FILE,
            counter,
        }
    }

    fn wal(commit: u64, seconds: Option<i64>) -> Standing {
        let stamp = seconds.map(|seconds| Stamp {
            modified: Time {
                seconds,
                ..Time::default()
            },
            ..Stamp::default()
        });
        Standing::Wal {
            file: FILE,
            log: LogStanding { commit, stamp },
        }
    }

    #[test]
    fn silence_needs_proof() {
        let nothing = [
            (Standing::Absent, Standing::Absent),
            (Standing::Absent, rollback(0)),
            (rollback(7), rollback(7)),
            (wal(5, Some(1)), wal(5, Some(2))),
            (wal(5, Some(1)), wal(0, Some(1))),
            (wal(0, Some(1)), wal(0, Some(1))),
        ];
        for (before, now) in nothing {
            assert_eq!(now.since(before), Since::Nothing, "{before:?} {now:?}");
        }
        let commits = [
            (Standing::Unknown, Standing::Unknown),
            (rollback(7), Standing::Unknown),
            (Standing::Absent, rollback(1)),
            (Standing::Absent, wal(0, Some(1))),
            (rollback(7), rollback(8)),
            (rollback(7), wal(0, Some(1))),
            (wal(0, Some(1)), rollback(7)),
            (wal(5, Some(1)), wal(6, Some(1))),
            (wal(5, Some(1)), wal(0, Some(2))),
            (wal(0, Some(1)), wal(0, Some(2))),
            (wal(0, Some(1)), wal(5, Some(1))),
            (wal(0, None), wal(0, None)),
        ];
        for (before, now) in commits {
            assert_eq!(now.since(before), Since::Commits, "{before:?} {now:?}");
        }
    }

    #[test]
    fn another_file_is_a_replacement_whatever_it_holds() {
        let other = Standing::Rollback {
            file: OTHER,
            counter: 7,
        };
        assert_eq!(other.since(rollback(7)), Since::Replaced);
        assert_eq!(other.since(wal(7, None)), Since::Replaced);
        assert_eq!(Standing::Absent.since(rollback(7)), Since::Replaced);
    }
}
