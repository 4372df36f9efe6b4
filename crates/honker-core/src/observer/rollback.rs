//! The rules for rollback journals (DELETE, TRUNCATE, PERSIST, MEMORY, OFF).
//!
//! Each transaction adds exactly 1 to the file change counter (fileformat2, section 1.3.7), but writes it *before* its
//! commit point. So a moved counter is a question, and only a *quiet* database answers it:
//!
//! - a lock that keeps readers out is held: no answer yet, except that of a move by n, n - 1 are committed;
//! - only RESERVED is held: the transaction that holds it has not touched the database, and a hot journal would have
//!   been rolled back before it could take the lock. The counter is true; the journal belongs to the next transaction;
//! - no lock: true, unless the journal is hot.

use super::evidence::{Evidence, Part, Seen, Trouble};
use super::header::{Fields, Header};
use super::journal::Journal;
use super::lock::LockState;
use super::stamp::{Stamp, Written};
use super::{ATTEMPTS, Baseline, Look, Observer, Tally};
use crate::error::Overwritten;
use crate::stats::Conservative;
use std::io;
use std::time::Duration;

/// A counter that moved by more than this went backwards.
const BACKWARDS: u32 = 1 << 31;
/// No rollback commit takes less: it makes about ten system calls, three of them writes.
const SHORTEST_COMMIT: Duration = Duration::from_micros(4);
/// The clock is read before the header. For so long the thread may not run in between, while the writer does.
const UNSCHEDULED: Duration = Duration::from_millis(50);
/// A lock kept this long after a commit was over is not on its way to be given back. A writer that is merely not
/// scheduled is back sooner.
const KEPT: Duration = Duration::from_millis(50);
/// Of a header that was never seen like this: no SQLite page is so small.
const UNKNOWN_PAGE_SIZE: u32 = 0;
/// How long an unreadable journal may hold up a wake.
const JOURNAL_PATIENCE: Duration = Duration::from_millis(100);

/// What was seen while a writer kept readers out: is it one commit, or `locking_mode=EXCLUSIVE`, which counts only its
/// first?
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub(super) struct Held {
    counter: Option<u32>,
    nonce: Option<u32>,
    /// Size and time of the database when the journal was last seen not to be hot: the commit was over.
    over: Option<Written>,
    /// When that was first seen.
    over_since: Duration,
    /// Two such looks saw the same size and time. One alone proves nothing: between its header and its journal a killed
    /// writer's journal may have been played back.
    certain: bool,
    kept: bool,
}

enum Quiet {
    Yes(Header, Stamp),
    Held(Header),
    /// A hot journal, or a writer that does not stand still.
    No(Header),
    Unknown(Header, io::Error),
}

impl<E: Evidence> Observer<E> {
    pub(super) fn look_rollback(&mut self, now: Duration) -> Seen<Look> {
        let header = self.evidence.header()?;
        if self.is_settled() && is_still(self.header, header) {
            let found = if self.evidence.sees_every_lock() {
                Look::Same
            } else {
                self.find_commits_under_unseen_lock(header)?
            };
            self.at = now;
            return Ok(found);
        }
        self.look_at_header(header, now)
    }

    /// The header is not the one of the last quiet look.
    pub(super) fn look_at_header(&mut self, header: Header, now: Duration) -> Seen<Look> {
        let quiet = self.quiet(header)?;
        if !matches!(quiet, Quiet::Unknown(..)) {
            self.journal_unknown_since = None;
        }
        match quiet {
            // WAL was left and is back, all in one look: what happened is for the log to say, in the next one.
            Quiet::Yes(header, _)
                if self.is_settled() && self.header.is_wal() && header.is_wal() =>
            {
                Ok(Look::Busy)
            }
            Quiet::Yes(header, stamp) => {
                if !header.is_wal() && !self.evidence.sees_every_lock() {
                    self.stamp = stamp;
                }
                self.settle(header, now)
            }
            Quiet::Held(header) => {
                self.follow_held(header, now)?;
                Ok(self.look_while_held(header, now))
            }
            Quiet::No(header) => Ok(self
                .find_kept_commits(header, now)
                .unwrap_or_else(|| self.look_while_held(header, now))),
            Quiet::Unknown(header, error) => {
                let since = *self.journal_unknown_since.get_or_insert(now);
                if now.saturating_sub(since) < JOURNAL_PATIENCE {
                    return Err(Trouble::system(Part::Journal, error));
                }
                Ok(match self.settle(header, now)? {
                    Look::Commits(tally) => Look::Commits(Tally {
                        inexact: Some(Conservative::JournalUnreadable),
                        ..tally
                    }),
                    other => other,
                })
            }
        }
    }

    /// A session that keeps its lock (`locking_mode=EXCLUSIVE`) moves the counter for its first commit only. Where its
    /// lock can't be seen, the file's size and times tell of the others: it keeps its journal, too. Who does that without
    /// keeping a lock (PERSIST, TRUNCATE) and rolls back what was already written looks the same.
    fn find_commits_under_unseen_lock(&mut self, header: Header) -> Seen<Look> {
        let stamp = self.evidence.stamp()?;
        if stamp.written() == self.stamp.written() {
            return Ok(Look::Same);
        }
        if self.evidence.lock()? == LockState::Held {
            return Ok(Look::Busy);
        }
        match self.evidence.journal() {
            Journal::Absent => {
                self.stamp = stamp;
                return Ok(Look::Same);
            }
            Journal::Cold => {}
            Journal::Hot { .. } => return Ok(Look::Busy),
            // Whatever it was, it is over when the journal can be read.
            Journal::Unknown(_) => return Ok(Look::Same),
        }
        if self.evidence.header()? != header || self.evidence.stamp()? != stamp {
            return Ok(Look::Busy);
        }
        self.stamp = stamp;
        Ok(Look::Commits(Tally::at_least_one(Conservative::LockKept)))
    }

    /// Whether the header can be believed. What lies between must have stood still: the header and, because a writer
    /// that is killed and played back leaves the counter as it was, the database's size and times.
    fn quiet(&mut self, mut header: Header) -> Seen<Quiet> {
        for _ in 0..ATTEMPTS {
            let mut unknown = None;
            let stamp = self.evidence.stamp()?;
            match self.evidence.lock()? {
                LockState::Held => return Ok(Quiet::Held(header)),
                LockState::Reserved => {}
                LockState::Free => match self.evidence.journal() {
                    Journal::Absent | Journal::Cold => {}
                    Journal::Hot { .. } => return Ok(Quiet::No(header)),
                    Journal::Unknown(error) => unknown = Some(error),
                },
            }
            let again = self.evidence.header()?;
            if again == header
                && self.evidence.lock()? != LockState::Held
                && self.evidence.stamp()? == stamp
            {
                return Ok(match unknown {
                    None => Quiet::Yes(header, stamp),
                    Some(error) => Quiet::Unknown(header, error),
                });
            }
            header = again;
        }
        Ok(Quiet::No(header))
    }

    /// Compares a believable header with the last one.
    fn settle(&mut self, header: Header, now: Duration) -> Seen<Look> {
        let counter = match header {
            // A first commit, or a copy, that has only begun.
            Header::Truncated { .. } if self.header == Header::Empty => return Ok(Look::Busy),
            Header::Truncated { .. } | Header::Foreign { .. } => {
                return Ok(Look::Overwritten(Overwritten::NotADatabase));
            }
            Header::Version { read } => {
                return Ok(Look::Overwritten(Overwritten::UnknownVersion { read }));
            }
            Header::Empty => 0,
            Header::Database(fields) => fields.counter,
        };
        if !self.is_settled() {
            return self.settle_baseline(header, now);
        }
        // No commit leaves nothing, and no switch of the journal mode does.
        if header == Header::Empty && self.header != Header::Empty {
            return Ok(Look::Overwritten(Overwritten::Emptied));
        }
        let created_elsewhere = std::mem::take(&mut self.is_new) && counter > 1;
        if header.is_wal() != self.header.is_wal() {
            let reason = if created_elsewhere {
                Conservative::Appeared
            } else {
                Conservative::ModeSwitch
            };
            return self.switch_mode(header, reason, now);
        }
        let before = self.header.counter().unwrap_or(0);
        let moved = counter.wrapping_sub(before);
        let gap = now.saturating_sub(self.at);
        let resized = page_size(self.header).is_some_and(|size| page_size(header) != Some(size));
        let digest = self.header.digest();
        let rewritten = digest.is_some() && digest != header.digest();
        let found = if moved == 0 && resized {
            return Ok(Look::Overwritten(Overwritten::Resized));
        } else if moved == 0
            && (rewritten || self.header == Header::Empty && header != Header::Empty)
        {
            // No commit does that, where locks can be seen: another database with as many commits was copied here, or one
            // that was serialized from memory, which has made none.
            Look::Commits(Tally::at_least_one(Conservative::ImplausibleCount))
        } else if moved == 0 {
            Look::Same
        } else if moved >= BACKWARDS {
            return Ok(Look::Overwritten(Overwritten::CounterBackwards {
                from: before,
                to: counter,
            }));
        } else if created_elsewhere {
            Look::Commits(Tally::at_least_one(Conservative::Appeared))
        } else if moved > 1 && (resized || !is_plausible(moved, gap)) {
            Look::Commits(Tally::at_least_one(Conservative::ImplausibleCount))
        } else {
            let kept = self.held.kept
                || (self.held.counter == Some(counter) && self.is_written_again()?);
            Look::Commits(Tally {
                commits: u64::from(moved),
                inexact: kept.then_some(Conservative::LockKept),
            })
        };
        self.header = header;
        self.held = Held::default();
        self.at = now;
        Ok(found)
    }

    fn settle_baseline(&mut self, header: Header, now: Duration) -> Seen<Look> {
        if header.is_wal() && !self.adopt_log(header, now)? {
            return Ok(Look::Busy);
        }
        let owed = self.baseline == Baseline::Owed;
        self.baseline = Baseline::Settled;
        self.header = header;
        self.held = Held::default();
        self.at = now;
        Ok(if owed {
            Look::Commits(Tally::at_least_one(Conservative::StartedDuringWrite))
        } else {
            Look::Same
        })
    }

    /// A change of byte 19 is a commit; how many others there were around it is not to be known.
    fn switch_mode(&mut self, header: Header, reason: Conservative, now: Duration) -> Seen<Look> {
        if header.is_wal() {
            if !self.adopt_log(header, now)? {
                self.is_new = reason == Conservative::Appeared;
                return Ok(Look::Busy);
            }
        } else {
            self.forget_log();
            self.evidence.unmark_session();
        }
        self.header = header;
        self.held = Held::default();
        self.at = now;
        Ok(Look::Commits(Tally::at_least_one(reason)))
    }

    /// A writer keeps readers out, or left a hot journal. Of a counter that moved by n, n - 1 commits are certain:
    /// without them a saturated writer, which is almost always seen like this, would starve its watchers, and one that
    /// was killed would take its last commit along.
    fn look_while_held(&mut self, header: Header, now: Duration) -> Look {
        let Some((fields, moved)) = self.moved_on(header) else {
            return Look::Busy;
        };
        if moved == 1 || !is_plausible(moved, now.saturating_sub(self.at)) {
            return Look::Busy;
        }
        let certain = Fields {
            counter: fields.counter.wrapping_sub(1),
            // Which of these commits brought another one, the certain ones or the last, is not to be known.
            page_size: match page_size(self.header) {
                Some(before) if before == fields.page_size => before,
                _ => UNKNOWN_PAGE_SIZE,
            },
            ..fields
        };
        self.header = Header::Database(certain).without_digest();
        self.at = now;
        Look::Commits(Tally::exactly(u64::from(moved - 1)))
    }

    /// A commit whose journal was seen to be gone is certain, though the lock was kept and whoever kept it has left
    /// another, hot journal: that will be played back to this commit or one after it.
    fn find_kept_commits(&mut self, header: Header, now: Duration) -> Option<Look> {
        let (fields, _) = self.moved_on(header)?;
        if self.held.counter != Some(fields.counter) || !self.held.certain {
            return None;
        }
        // What is there now is of the transaction that will be played back.
        self.header = header.without_digest();
        self.held = Held::default();
        self.at = now;
        Some(Look::Commits(Tally::at_least_one(Conservative::LockKept)))
    }

    /// How far the counter is ahead of the last quiet look, if it is.
    fn moved_on(&self, header: Header) -> Option<(Fields, u32)> {
        let (Header::Database(fields), true) = (header, self.is_settled()) else {
            return None;
        };
        let before = match self.header {
            Header::Database(fields) if !fields.wal => fields.counter,
            Header::Empty => 0,
            _ => return None,
        };
        let moved = fields.counter.wrapping_sub(before);
        (!fields.wal && moved != 0 && moved < BACKWARDS).then_some((fields, moved))
    }

    /// Notices a lock that is kept for a further commit: the journal has another nonce, or the database is written
    /// again after the journal was seen not to be hot; or kept at all: who does that may have committed before.
    fn follow_held(&mut self, header: Header, now: Duration) -> Seen<()> {
        let Some((Fields { counter, .. }, _)) = self.moved_on(header) else {
            return Ok(());
        };
        if self.held.counter != Some(counter) {
            self.held = Held {
                counter: Some(counter),
                ..Held::default()
            };
        }
        self.held.kept |= self.is_written_again()?;
        match self.evidence.journal() {
            Journal::Hot { nonce } => {
                self.held.kept |= self.held.nonce.is_some_and(|before| before != nonce);
                self.held.nonce = Some(nonce);
            }
            Journal::Absent | Journal::Cold => {
                let over = Some(self.evidence.stamp()?.written());
                if self.held.over.is_none() {
                    self.held.over_since = now;
                }
                self.held.kept |= now.saturating_sub(self.held.over_since) >= KEPT;
                self.held.certain |= self.held.over == over;
                self.held.over = over;
            }
            Journal::Unknown(_) => self.held.kept = true,
        }
        Ok(())
    }

    /// Whether the database was written after the commit was over, by whoever keeps the lock.
    fn is_written_again(&mut self) -> Seen<bool> {
        let Some(over) = self.held.over else {
            return Ok(false);
        };
        Ok(self.evidence.stamp()?.written() != over)
    }
}

/// Whether so many commits fit into the time between two looks.
fn is_plausible(commits: u32, gap: Duration) -> bool {
    SHORTEST_COMMIT.saturating_mul(commits) <= gap + UNSCHEDULED
}

fn page_size(header: Header) -> Option<u32> {
    match header {
        Header::Database(fields) if fields.page_size != UNKNOWN_PAGE_SIZE => Some(fields.page_size),
        _ => None,
    }
}

/// Whether nothing has changed, as far as is known.
fn is_still(before: Header, header: Header) -> bool {
    match before.digest() {
        Some(_) => before == header,
        None => before == header.without_digest(),
    }
}
