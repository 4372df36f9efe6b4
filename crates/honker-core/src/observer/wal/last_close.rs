//! The last close of a session: it writes what is left of the log into the database, unlinks `-shm`, then `-wal`. So the
//! database may have another time afterwards although nothing was committed.

use super::super::Observer;
use super::super::evidence::{Evidence, PageOne, Seen};
use super::super::stamp::{Stamp, Time};
use super::super::wal_index::{WalIndex, WalIndexHeader};
use std::cmp::Ordering;

/// A last close whose session is accounted for.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastClose {
    /// When the `-shm` lost its name: what was written to the database before that is accounted for.
    pub(super) unlinked: Time,
    /// The change counter that it left. Only where the database was written within the same clock tick, and the log still
    /// tells.
    counter: Option<u32>,
}

/// The session after a last close, as far as it matters to what was written in the same clock tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextSession {
    /// There is none yet, it tells itself what it writes, or the times tell.
    Irrelevant,
    /// It has created its `-shm`, and no lock on it: it has only just begun, or was killed then. Or it has just closed.
    Undecided,
    /// It was killed later. It may have written this, and emptied its log; or another one did that went on with it.
    Dead,
}

impl<E: Evidence> Observer<E> {
    /// The last close of the session with this last header.
    pub(super) fn last_close(&mut self, last: &WalIndexHeader, unlinked: Time) -> Seen<LastClose> {
        let is_tie = self.evidence.stamp()?.modified == unlinked;
        // Who does not know how many sessions have begun will not ask for more.
        let is_of_use = is_tie && self.evidence.sessions_begun().is_some();
        let counter = if is_of_use {
            self.counter_left_by(last)
        } else {
            None
        };
        self.log.counter = counter.or(self.log.counter);
        Ok(LastClose { unlinked, counter })
    }

    /// `None` where a session in `locking_mode=EXCLUSIVE` went on with a log that a killed close had left, or still may: it
    /// creates no file, but it writes to that log. Or where nothing can be said.
    fn counter_left_by(&mut self, last: &WalIndexHeader) -> Option<u32> {
        let seen = self.log.index.salt;
        let has_begun_anew = seen != last.salt && (seen != 0 || last.last_frame == 0);
        match self.evidence.page_one(last)? {
            PageOne::Counter(counter) => Some(counter),
            // A log begun anew since it was last seen: what the ones before it made of the page is in the database, and
            // nobody knows what that was.
            PageOne::Untouched if has_begun_anew => self.evidence.header().ok()?.counter(),
            PageOne::Untouched => self.log.counter,
        }
    }

    /// A session after that close has ended without a commit. If it was killed, another may have gone on with its empty log.
    pub(super) fn doubt_last_close(&mut self) {
        let is_relied_on = self
            .log
            .last_close
            .is_some_and(|close| close.counter.is_some());
        if is_relied_on && self.evidence.page_one(&WalIndexHeader::default()).is_none() {
            self.log.last_close = self.log.last_close.map(|close| LastClose {
                counter: None,
                ..close
            });
        }
    }

    /// How the session with the `-shm` that is held bears on a change of the database within the clock tick of the last
    /// close before it.
    pub(super) fn next_session(&mut self, stamp: Stamp) -> Seen<NextSession> {
        let is_tie = (self.log.last_close).is_some_and(|close| close.unlinked == stamp.modified);
        if !is_tie || !self.log.sessions.held {
            return Ok(NextSession::Irrelevant);
        }
        // First: who has written it was connected by then.
        let index = self.evidence.wal_index()?;
        if self.evidence.connected()? {
            return Ok(NextSession::Irrelevant);
        }
        // Who closes unlinks it before it gives its lock back.
        let is_linked = (self.evidence.wal_index_file()?).is_some_and(|file| file.linked);
        Ok(match index {
            WalIndex::Valid(_) if is_linked => NextSession::Dead,
            _ => NextSession::Undecided,
        })
    }

    /// Whether the last change of the database was made by the last close of a session whose end was seen, and not by
    /// a session nobody saw. Times alone tie too often: within one clock tick both may have happened. Then no file
    /// was created, no log went on, and the change counter has not moved on, as it does with every commit in the journal
    /// modes MEMORY and OFF.
    pub(super) fn is_explained_by_last_close(&mut self, stamp: Stamp) -> bool {
        let Some(LastClose { unlinked, counter }) = self.log.last_close else {
            return false;
        };
        match stamp.modified.cmp(&unlinked) {
            Ordering::Less => !self.log.sessions.doubted || self.log.sessions.unseen() == Some(0),
            Ordering::Equal => {
                self.log.sessions.unseen() == Some(0)
                    && !self.log.sessions.doubted
                    && counter.is_some()
                    && (self.evidence.header()).is_ok_and(|header| header.counter() == counter)
            }
            Ordering::Greater => false,
        }
    }
}
