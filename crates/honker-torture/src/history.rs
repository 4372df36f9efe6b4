//! Which commits were made, and when each could be read at the earliest and at the latest.

use honker_testkit::numbered::Logged;
use serde::{Deserialize, Serialize};

/// When one commit was made. It could be read from some moment between the two on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Commit {
    /// Just before its `COMMIT`.
    before: u64,
    /// Just after it returned; `None` if its writer was killed in it.
    after: Option<u64>,
}

/// A commit that no counter tells, such as a switch of the journal mode, and that may not have been made either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// Just before it.
    pub before_ns: u64,
}

/// The counted commits 1 to n of a database, in order, and the uncounted ones.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// From when on commit `i + 1` could be read at the earliest; grows.
    earliest: Vec<u64>,
    /// From when on it could be read for certain, if that is known; grows.
    latest: Vec<u64>,
    /// When each uncounted commit began, sorted.
    extras: Vec<u64>,
    /// Commits whose writer was killed before it could say that they were made.
    in_doubt: u64,
}

/// Later than everything: not known.
pub const NEVER: u64 = u64::MAX;

impl History {
    /// Puts the logs of all writers together. `made` is the counter at the end.
    ///
    /// The second value tells every update that was lost: a commit that returned and is not there, one number that two
    /// commits got, and one that nobody wrote.
    pub fn new(logs: &[Vec<Logged>], extras: &[Extra], made: u64) -> (Self, Vec<String>) {
        let mut lost = Vec::new();
        let mut commits: Vec<Option<Commit>> = vec![None; usize::try_from(made).unwrap_or(0)];
        // By time: of two that were about to make commit k, only the later one can have done it.
        let mut all: Vec<Logged> = logs.iter().flatten().copied().collect();
        all.sort_by_key(|logged| logged.ns);
        for Logged { k, returned, ns } in all {
            let index = usize::try_from(k).ok().and_then(|k| k.checked_sub(1));
            match index.and_then(|index| commits.get_mut(index)) {
                Some(Some(Commit { after: Some(_), .. })) => {
                    lost.push(format!("commit {k} was made twice"));
                }
                Some(Some(commit)) if returned => commit.after = Some(ns),
                Some(commit) if !returned => {
                    *commit = Some(Commit {
                        before: ns,
                        after: None,
                    });
                }
                _ if returned => {
                    lost.push(format!("commit {k} returned, and the counter is {made}"));
                }
                // It was about to be made, and was not.
                _ => {}
            }
        }
        let mut history = Self::default();
        for (index, commit) in commits.iter().enumerate() {
            match commit {
                Some(commit) => history.push(*commit),
                None => {
                    lost.push(format!("nobody made commit {}", index + 1));
                    history.push(Commit {
                        before: 0,
                        after: None,
                    });
                }
            }
        }
        history.settle();
        history.extras = extras.iter().map(|extra| extra.before_ns).collect();
        history.extras.sort_unstable();
        (history, lost)
    }

    fn push(&mut self, commit: Commit) {
        self.in_doubt += u64::from(commit.after.is_none());
        self.earliest.push(commit.before);
        self.latest.push(commit.after.unwrap_or(NEVER));
    }

    /// Commits become readable in their order: none before an earlier one began, each at the latest with a later one.
    fn settle(&mut self) {
        let mut bound = 0;
        for earliest in &mut self.earliest {
            bound = bound.max(*earliest);
            *earliest = bound;
        }
        let mut bound = NEVER;
        for latest in self.latest.iter_mut().rev() {
            bound = bound.min(*latest);
            *latest = bound;
        }
    }

    /// How many counted commits were made.
    pub fn made(&self) -> u64 {
        self.earliest.len() as u64
    }

    /// Of those, how many were in doubt because their writer was killed in them.
    pub fn in_doubt(&self) -> u64 {
        self.in_doubt
    }

    /// Uncounted commits that may have been made.
    pub fn extras(&self) -> u64 {
        self.extras.len() as u64
    }

    /// From when on commit `k` could be read at the earliest, and for certain.
    pub(crate) fn readable(&self, k: u64) -> (u64, u64) {
        let index = usize::try_from(k - 1).unwrap_or(usize::MAX);
        (self.earliest[index], self.latest[index])
    }

    /// How many commits, counted or not, can have been readable at that time.
    pub(crate) fn at_most(&self, ns: u64) -> u64 {
        count_until(&self.earliest, ns) + self.extras_at_most(ns)
    }

    /// How many commits were readable at that time for certain.
    pub(crate) fn at_least(&self, ns: u64) -> u64 {
        count_until(&self.latest, ns)
    }

    /// How many uncounted commits can have been readable at that time.
    pub(crate) fn extras_at_most(&self, ns: u64) -> u64 {
        count_until(&self.extras, ns)
    }

    /// When the last commit began; 0 without one.
    pub fn last_began(&self) -> u64 {
        self.earliest.last().copied().unwrap_or(0)
    }
}

fn count_until(times: &[u64], ns: u64) -> u64 {
    times.partition_point(|time| *time <= ns) as u64
}
