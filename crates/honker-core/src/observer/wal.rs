//! The rules for write-ahead logs.
//!
//! The identity of a commit is the checksum of its last frame, which the wal-index header publishes: it moves only at
//! a commit, a restart of the log leaves it, and recovery computes the same value again. `iChange` beside it counts
//! commits, but starts over with each recovery; so it counts only as long as this `-shm` was followed.
//!
//! Where the log says nothing (no frame in it yet, or no log), the database's size and times decide: the last
//! connection of a session writes every commit into the database before it removes the log.

mod count;
mod last_close;

use super::evidence::{Evidence, Part, Seen, Trouble, What};
use super::header::Header;
use super::lock::LockState;
use super::sessions::SessionLedger;
use super::stamp::{Stamp, Time};
use super::wal_index::{WalIndex, WalIndexHeader};
use super::{ATTEMPTS, Look, Observer, Tally};
use crate::stats::Conservative;
use last_close::{LastClose, NextSession};
use std::time::Duration;

/// What was last seen of the log.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub(super) struct Log {
    index: WalIndexHeader,
    /// Whether `index` was published in the `-shm` that is held, so that its `iChange` can be compared.
    followed: bool,
    /// The times of the `-shm` that is held, from when its `iChange` was last known to be the number of commits since
    /// the state above, or since it began. `None`: it never was.
    counted_at: Option<IndexTimes>,
    /// The change counter of the database, as of the state above.
    counter: Option<u32>,
    /// The last close of the session followed before, if what it wrote is accounted for.
    last_close: Option<LastClose>,
    sessions: SessionLedger,
}

/// Times of a `-shm` that a further change is sure to move: both by cutting it, ctime alone by unlinking it.
#[derive(Clone, Copy, Debug)]
struct IndexTimes {
    changed: Time,
    modified: Time,
}

struct Reading {
    counter: Option<u32>,
    stamp: Stamp,
    times: Option<IndexTimes>,
    index: WalIndexHeader,
    live: bool,
}

impl Log {
    /// Whether a look waits for a session that is only beginning.
    pub(super) fn is_session_awaited(&self) -> bool {
        self.sessions.is_one_awaited()
    }
}

impl<E: Evidence> Observer<E> {
    /// The stamp is read before the log, so that a commit which falls in between moves the next stamp.
    pub(super) fn look_wal(&mut self, now: Duration) -> Seen<Look> {
        if self.evidence.stamp()? == self.stamp {
            let same = match self.take_wal_index()? {
                WalIndex::Valid(index) => {
                    self.log.followed && index == self.log.index && self.evidence.connected()?
                }
                WalIndex::Absent => {
                    !self.log.followed && self.evidence.log()?.commit == self.log.index.commit
                }
                WalIndex::Torn => false,
            };
            if same {
                self.at = now;
                return Ok(Look::Same);
            }
        }
        for _ in 0..ATTEMPTS {
            let header = self.evidence.header()?;
            if !header.is_wal() {
                return self.look_at_header(header, now);
            }
            if self.evidence.lock()? == LockState::Held {
                return Ok(Look::Busy);
            }
            if let Some(reading) = self.read_log(header.counter(), now)? {
                return Ok(self.account_for(&reading, now));
            }
        }
        Ok(Look::Busy)
    }

    /// Records the log as it stands. `false`: a writer is at work in it, try again.
    pub(super) fn adopt_log(&mut self, header: Header, now: Duration) -> Seen<bool> {
        self.forget_log();
        self.evidence.mark_session();
        let Some(reading) = self.read_log(header.counter(), now)? else {
            return Ok(false);
        };
        let begun = self.evidence.sessions_begun();
        self.log.sessions.ask(begun);
        let rests_on_times = !reading.live || reading.index.commit == 0;
        if !self.is_still_so(&reading)? || (rests_on_times && !self.evidence.is_ripe(reading.stamp))
        {
            return Ok(false);
        }
        self.record(&reading)?;
        Ok(true)
    }

    /// The checksum of the last commit frame that was seen; 0 if the log had none.
    pub(super) fn commit_in_log(&self) -> u64 {
        self.log.index.commit
    }

    pub(super) fn forget_log(&mut self) {
        self.evidence.release_wal_index();
        self.log = Log::default();
    }

    /// What the log says, from the wal-index if a connection vouches for it. `None`: start over. `counter`: of the
    /// database, just before.
    fn read_log(&mut self, counter: Option<u32>, now: Duration) -> Seen<Option<Reading>> {
        let file = self.evidence.wal_index_file()?;
        if let Some(file) = file
            && !file.linked
        {
            // Under its lock a last close is not over: its log goes next.
            if self.evidence.lock()? != LockState::Held {
                self.account_for_last_close(file.changed, now)?;
            }
            return Ok(None);
        }
        let times = file.and_then(|file| self.index_times(file));
        let stamp = self.evidence.stamp()?;
        match self.take_wal_index()? {
            WalIndex::Valid(index) => {
                if self.evidence.connected()? {
                    // One that was not followed may be stale: its first connection had yet to cut it.
                    if !self.log.followed && self.evidence.wal_index()? != WalIndex::Valid(index) {
                        return Ok(None);
                    }
                    return Ok(Some(Reading {
                        counter,
                        stamp,
                        times,
                        index,
                        live: true,
                    }));
                }
            }
            WalIndex::Torn => {
                if self.evidence.wal_writer()? || self.evidence.wal_index()? != WalIndex::Torn {
                    return Ok(None);
                }
            }
            WalIndex::Absent => {}
        }
        self.read_left_log(counter, stamp)
    }

    /// The wal-index, of the `-shm` at its place if none is held: another session's.
    fn take_wal_index(&mut self) -> Seen<WalIndex> {
        let found = self.evidence.wal_index()?;
        if !self.log.sessions.held && found != WalIndex::Absent {
            let begun = self.evidence.sessions_begun();
            self.log.sessions.take(begun);
            let stamp = self.evidence.stamp()?;
            let file = self.evidence.wal_index_file()?;
            let is_explained = self.is_explained_by_last_close(stamp)
                && self.next_session(stamp)? != NextSession::Dead;
            if stamp != self.stamp {
                self.log.sessions.doubted |= !is_explained;
            } else if file.is_some_and(|file| file.linked) {
                // Sessions before it wrote nothing, and while it is linked there is none after it.
                self.settle_sessions();
            }
            // What was checkpointed by now is in no frame any more.
            self.log.counted_at = if stamp == self.stamp || is_explained {
                self.counted_from_the_start()?
            } else {
                None
            };
        }
        Ok(found)
    }

    /// Nobody vouches for a wal-index: the truth is what recovery would find.
    fn read_left_log(&mut self, counter: Option<u32>, stamp: Stamp) -> Seen<Option<Reading>> {
        let tail = self.evidence.log()?;
        let vouched = match self.take_wal_index()? {
            WalIndex::Absent => false,
            WalIndex::Torn => self.evidence.wal_writer()?,
            WalIndex::Valid(_) => self.evidence.connected()?,
        };
        let unlinked = self
            .evidence
            .wal_index_file()?
            .is_some_and(|file| !file.linked);
        if vouched || unlinked || self.evidence.lock()? == LockState::Held {
            return Ok(None);
        }
        Ok(Some(Reading {
            counter,
            stamp,
            times: None,
            index: tail.into(),
            live: false,
        }))
    }

    /// The last connection has closed and unlinked the `-shm`: its final state is still readable here.
    fn account_for_last_close(&mut self, unlinked: Time, now: Duration) -> Seen<()> {
        if let WalIndex::Valid(last) = self.evidence.wal_index()?
            && last.commit != 0
        {
            let last_close = self.last_close(&last, unlinked)?;
            if last.commit != self.log.index.commit {
                let base = if self.log.followed {
                    Some(self.log.index.change)
                } else {
                    (self.log.sessions.fresh && self.log.counted_at.is_some()).then_some(0)
                };
                let tally = self.count(&last, base, now, true);
                self.pending.add(tally);
                self.log.index = last;
            }
            // Where the log was empty the close has left the database as it was.
            self.log.last_close = Some(last_close);
        } else {
            self.doubt_last_close();
        }
        self.log.followed = false;
        self.log.counted_at = None;
        self.log.sessions.release();
        self.evidence.release_wal_index();
        Ok(())
    }

    fn account_for(&mut self, reading: &Reading, now: Duration) -> Look {
        let index = &reading.index;
        let goes_on = reading.live && self.log.followed;
        if !goes_on {
            let begun = self.evidence.sessions_begun();
            self.log.sessions.ask(begun);
        }
        let Ok(next_session) = self.next_session(reading.stamp) else {
            return Look::Busy;
        };
        // Perhaps it is not to be seen any more once file times are old enough.
        self.log.sessions.doubted |= next_session == NextSession::Dead;
        let is_explained = self.is_explained_by_last_close(reading.stamp);
        let found = if index.commit != 0 && index.commit != self.log.index.commit {
            let base = self.change_counts_from(reading);
            Some(self.count(index, base, now, false))
        } else if index.commit != 0 {
            // Once the log is gone it will be the stamp that speaks.
            if !reading.live && !self.evidence.is_ripe(reading.stamp) {
                return Look::Busy;
            }
            None
        } else if reading.stamp == self.stamp {
            None
        } else if !self.evidence.is_ripe(reading.stamp) {
            return Look::Busy;
        } else if is_explained && next_session == NextSession::Irrelevant {
            None
        } else if self.is_session_beginning(is_explained.then_some(next_session), now) {
            return Look::Busy;
        } else if self.pending.commits > 0 {
            // What the session that has just closed did may be all there was.
            self.pending.inexact = self.pending.inexact.or(Some(Conservative::UnseenSession));
            None
        } else {
            Some(Tally::at_least_one(Conservative::UnseenSession))
        };
        // What the sessions asked about wrote since the stamp was read belongs to the next look.
        if !goes_on && !self.is_still_so(reading).unwrap_or(false) {
            return Look::Busy;
        }
        let found = found.map(|tally| self.doubt_unseen_session(tally, reading));
        if self.record(reading).is_err() {
            return Look::Busy;
        }
        self.at = now;
        found.map_or(Look::Same, Look::Commits)
    }

    /// Whether nothing was written into the database while the log was read: a session that ended meanwhile may have
    /// left what was read behind, and a switch of the journal mode the whole log.
    fn is_still_so(&mut self, reading: &Reading) -> Seen<bool> {
        Ok(self.evidence.header()?.is_wal() && self.evidence.stamp()? == reading.stamp)
    }

    fn record(&mut self, reading: &Reading) -> Seen<()> {
        if !(reading.live && self.log.followed) {
            self.settle_sessions();
        }
        let file = if reading.live {
            self.evidence.wal_index_file()?
        } else {
            None
        };
        // A stamp that a further write could leave as it is proves nothing later.
        self.stamp = if self.evidence.is_ripe(reading.stamp) {
            reading.stamp
        } else {
            Stamp::default()
        };
        self.log = Log {
            index: reading.index,
            followed: file.is_some(),
            counted_at: reading.times,
            counter: reading.counter,
            last_close: None,
            sessions: std::mem::take(&mut self.log.sessions),
        };
        Ok(())
    }

    /// What the sessions so far wrote is recorded.
    fn settle_sessions(&mut self) {
        let is_one_beginning = self.is_one_beginning();
        if !self.log.sessions.settle(is_one_beginning) {
            self.evidence.mark_session();
        }
    }

    /// Whether a session may have begun that has not written anything yet: there is a log without a wal-index, or a
    /// transaction with a rollback journal has only its RESERVED lock.
    fn is_one_beginning(&mut self) -> bool {
        !self.log.sessions.held
            && (self.evidence.has_log()
                || self
                    .evidence
                    .lock()
                    .is_ok_and(|lock| lock != LockState::Free))
    }

    /// Whether the one session of which nothing is known has only just begun, so that nothing can be said yet.
    /// `next`: the one after a last close that explains what was written, if that one has not written it.
    fn is_session_beginning(&mut self, next: Option<NextSession>, now: Duration) -> bool {
        self.log.last_close.is_some()
            && (next == Some(NextSession::Undecided) || self.is_one_beginning())
            && self.log.sessions.awaits_beginning(now)
    }

    /// A session that came and went before the one that speaks now is not in its count.
    fn doubt_unseen_session(&mut self, tally: Tally, reading: &Reading) -> Tally {
        if self.log.followed {
            return tally;
        }
        let unlinked = self.log.last_close.map(|close| close.unlinked);
        let doubtful = match (self.log.sessions.unseen(), unlinked) {
            (Some(0), _) | (None, None) => false,
            (Some(_), None) => reading.stamp != self.stamp,
            (_, Some(unlinked)) => self.log.sessions.doubted || reading.stamp.modified >= unlinked,
        };
        if doubtful {
            Tally {
                inexact: tally.inexact.or(Some(Conservative::UnseenSession)),
                ..tally
            }
        } else {
            tally
        }
    }
}

impl From<super::wal_index::UnknownVersion> for Trouble {
    fn from(unknown: super::wal_index::UnknownVersion) -> Self {
        Self {
            part: Part::WalIndex,
            what: What::UnknownWalIndexVersion(unknown.0),
        }
    }
}
