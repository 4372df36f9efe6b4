//! Where a database stands: which commit was the last one seen. Two observers of the same file can compare that, also
//! in two processes, one after the other.

use super::Observer;
use super::evidence::Evidence;
use super::header::{Fields, Header};
use super::stamp::{Stamp, Written};
use crate::identity::Identity;

/// The last commit that was seen, by what identifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not to be known when it was asked: a commit was under way.
    Unknown,
    /// There was no file.
    Absent,
    /// A rollback journal: the file change counter. An empty file counts as 0.
    Rollback {
        file: Identity,
        counter: u32,
        /// Of the database with that counter. `None` if it was being written.
        written: Option<Written>,
    },
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
            (Self::Absent, Self::Absent) => Since::Nothing,
            // Created, and empty.
            (
                Self::Absent,
                Self::Rollback {
                    counter: 0,
                    written: Some(Written { size: 0, .. }),
                    ..
                },
            ) => Since::Nothing,
            (Self::Absent, _) => Since::Commits,
            (_, Self::Absent) => Since::Replaced,
            (
                Self::Rollback { file, .. } | Self::Wal { file, .. },
                Self::Rollback { file: now, .. } | Self::Wal { file: now, .. },
            ) if file != now => Since::Replaced,
            (
                Self::Rollback {
                    counter, written, ..
                },
                Self::Rollback {
                    counter: counter_now,
                    written: written_now,
                    ..
                },
            ) => {
                // The same number of commits after a restore, or of a file that got the number of another one.
                let rewritten =
                    written.is_some() && written_now.is_some() && written != written_now;
                commits_unless(counter == counter_now && !rewritten)
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
    pub(crate) fn standing(&mut self, file: Identity) -> Standing {
        if !self.is_settled() {
            return Standing::Unknown;
        }
        match self.header {
            Header::Empty => Standing::Rollback {
                file,
                counter: 0,
                written: self.written(),
            },
            Header::Database(Fields {
                wal: false,
                counter,
                ..
            }) => Standing::Rollback {
                file,
                counter,
                written: self.written(),
            },
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

    /// Of the database with the header that was seen last, if it still has that: asked in this order, so that a write in
    /// between is not taken for what was seen.
    fn written(&mut self) -> Option<Written> {
        let stamp = self.evidence.stamp().ok()?;
        let header = self.evidence.header().ok()?;
        (header == self.header).then(|| stamp.written())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::stamp::Time;

    const FILE: Identity = Identity { dev: 1, ino: 2 };
    const OTHER: Identity = Identity { dev: 1, ino: 3 };

    fn rollback(counter: u32) -> Standing {
        written(counter, None)
    }

    fn written(counter: u32, seconds: Option<i64>) -> Standing {
        let written = seconds.map(|seconds| Written {
            size: 4096,
            modified: Time {
                seconds,
                ..Time::default()
            },
        });
        Standing::Rollback {
            file: FILE,
            counter,
            written,
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
        let empty = Standing::Rollback {
            file: FILE,
            counter: 0,
            written: Some(Written {
                size: 0,
                modified: Time::default(),
            }),
        };
        let nothing = [
            (Standing::Absent, Standing::Absent),
            (Standing::Absent, empty),
            (rollback(7), rollback(7)),
            (written(7, Some(1)), rollback(7)),
            (written(7, Some(1)), written(7, Some(1))),
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
            (Standing::Absent, rollback(0)),
            (Standing::Absent, written(0, Some(1))),
            (empty, written(0, Some(1))),
            (Standing::Absent, wal(0, Some(1))),
            (rollback(7), rollback(8)),
            (written(7, Some(1)), written(7, Some(2))),
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
            written: None,
        };
        assert_eq!(other.since(rollback(7)), Since::Replaced);
        assert_eq!(other.since(wal(7, None)), Since::Replaced);
        assert_eq!(Standing::Absent.since(rollback(7)), Since::Replaced);
    }
}
