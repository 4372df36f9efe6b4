//! The thing that looks: was anything committed since the last look?
//!
//! It never opens a connection, takes no lock and writes nothing. It reads what SQLite's file format documents
//! (fileformat2, walformat) and asks which locks are held.
//!
//! One file a subject: `header`, `lock`, `journal`, `stamp`, `wal_index` and `log` decode; `rollback` and `wal` hold
//! the rules; `standing` compares across restarts; `evidence` names what can be seen, and `files` sees it in the real files.

#[cfg(unix)]
mod conflict;
pub(crate) mod evidence;
pub(crate) mod files;
pub(crate) mod header;
pub(crate) mod journal;
pub(crate) mod lock;
pub(crate) mod log;
#[cfg(test)]
mod model;
pub(crate) mod read_at;
mod rollback;
mod sessions;
pub(crate) mod stamp;
pub(crate) mod standing;
mod wal;
pub(crate) mod wal_index;

use crate::cadence::Writer;
use crate::error::Overwritten;
use crate::stats::Conservative;
use evidence::{Evidence, Seen};
use header::Header;
use lock::LockState;
use rollback::Held;
use stamp::Stamp;
use std::time::Duration;
use wal::Log;

/// How often a look that was disturbed by a writer starts over before it says "busy".
const ATTEMPTS: u32 = 4;

/// What one look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing was committed since the last look.
    Same,
    /// This many commits, at least; exactly, unless there is a reason why not.
    Commits(Tally),
    /// A commit may be under way: look again soon.
    Busy,
    /// Something that is not SQLite wrote the file.
    Overwritten(Overwritten),
}

/// A number of commits, and why it is only a lower bound, if it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) commits: u64,
    pub(crate) inexact: Option<Conservative>,
}

impl Tally {
    pub(crate) const fn exactly(commits: u64) -> Self {
        Self {
            commits,
            inexact: None,
        }
    }

    pub(crate) const fn at_least_one(reason: Conservative) -> Self {
        Self {
            commits: 1,
            inexact: Some(reason),
        }
    }

    fn add(&mut self, more: Self) {
        self.commits += more.commits;
        self.inexact = self.inexact.or(more.inexact);
    }
}

/// Whether there is a state to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Baseline {
    /// Not yet, and nobody relies on it: the first quiet look records it.
    Wanted,
    /// Not yet, and somebody does: what was under way may have been committed since, so the first quiet look wakes.
    Owed,
    /// Recorded.
    Settled,
}

/// Compares what can be seen of one database with what was seen before.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub(crate) struct Observer<E> {
    evidence: E,
    baseline: Baseline,
    /// The file was not there when watching began, and no header of it has been believed yet.
    is_new: bool,
    /// The header as of the last quiet look (its counter also moves for commits that are certain before that).
    header: Header,
    /// Size and times, when the log was last accounted for. With a rollback journal, those of the last quiet look, where not every lock is seen.
    stamp: Stamp,
    log: Log,
    held: Held,
    /// Commits found on the way to a look that then turned out busy.
    pending: Tally,
    /// When the state above was last confirmed.
    at: Duration,
    journal_unknown_since: Option<Duration>,
}

impl<E: Evidence> Observer<E> {
    /// An observer without a baseline: its first quiet look records one.
    pub(crate) fn new(evidence: E) -> Self {
        Self {
            evidence,
            baseline: Baseline::Wanted,
            is_new: false,
            header: Header::Empty,
            stamp: Stamp::default(),
            log: Log::default(),
            held: Held::default(),
            pending: Tally::default(),
            at: Duration::ZERO,
            journal_unknown_since: None,
        }
    }

    /// An observer of a file that did not exist at `now`: whatever it holds was committed since.
    pub(crate) fn of_new_file(evidence: E, now: Duration) -> Self {
        Self {
            baseline: Baseline::Settled,
            is_new: true,
            at: now,
            ..Self::new(evidence)
        }
    }

    /// Whether a baseline is recorded.
    pub(crate) fn is_settled(&self) -> bool {
        self.baseline == Baseline::Settled
    }

    /// Whether no header of this file has been believed yet.
    pub(crate) fn is_at_first_header(&self) -> bool {
        !self.is_settled() || self.is_new
    }

    /// Somebody relies on the baseline from now on, settled or not.
    pub(crate) fn rely_on_baseline(&mut self) {
        if self.baseline == Baseline::Wanted {
            self.baseline = Baseline::Owed;
        }
    }

    /// Whether the database uses a rollback journal. An empty one has not decided yet.
    pub(crate) fn is_rollback(&mut self) -> bool {
        let header = if self.is_settled() {
            Some(self.header)
        } else {
            self.current_header()
        };
        matches!(header, Some(Header::Database(fields)) if !fields.wal)
    }

    /// Whether the header is one that was seen as it is. After commits that are certain only because a further one is
    /// under way it is not: whether that one was made before is still open.
    pub(crate) fn is_certain(&self) -> bool {
        !matches!(self.header, Header::Database(_)) || self.header.digest().is_some()
    }

    /// Whether the database is known to use a write-ahead log.
    pub(crate) fn is_wal(&self) -> bool {
        self.is_settled() && self.header.is_wal()
    }

    /// The header as it stands, believable or not. For messages.
    pub(crate) fn current_header(&mut self) -> Option<Header> {
        self.evidence.header().ok()
    }

    pub(crate) fn evidence(&self) -> &E {
        &self.evidence
    }

    /// Looks. `now` is any monotonic clock; it must not run backwards between two looks.
    pub(crate) fn look(&mut self, now: Duration) -> Seen<Look> {
        let look = if self.is_wal() {
            self.look_wal(now)?
        } else {
            self.look_rollback(now)?
        };
        Ok(match look {
            Look::Same if self.pending.commits > 0 => {
                Look::Commits(std::mem::take(&mut self.pending))
            }
            Look::Commits(found) => {
                let mut all = std::mem::take(&mut self.pending);
                all.add(found);
                Look::Commits(all)
            }
            other => other,
        })
    }

    /// Whether a writer is at work, so that a commit may follow without a further file event.
    pub(crate) fn writer(&mut self) -> Writer {
        let locked = self.evidence.lock().map(|lock| lock != LockState::Free);
        let writes_log = match locked {
            Ok(false) if self.header.is_wal() => self.evidence.wal_writer(),
            _ => Ok(false),
        };
        let is_one_beginning = self.header.is_wal() && self.log.is_session_awaited();
        match (locked, writes_log) {
            _ if is_one_beginning => Writer::Active,
            (Ok(true), _) | (_, Ok(true)) => Writer::Active,
            (Ok(false), Ok(false)) if self.evidence.sees_every_lock() => Writer::None,
            _ => Writer::Unseen,
        }
    }
}
