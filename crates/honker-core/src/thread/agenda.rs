//! Which database is to be looked at next.

use std::collections::BTreeSet;
use std::time::Duration;

/// Names a database on its observer thread.
pub(super) type Id = u64;

/// Databases by the time of their next look. Every operation is logarithmic.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    by_time: BTreeSet<(Duration, Id)>,
}

impl Agenda {
    pub(super) fn add(&mut self, due: Duration, id: Id) {
        self.by_time.insert((due, id));
    }

    pub(super) fn remove(&mut self, due: Duration, id: Id) {
        self.by_time.remove(&(due, id));
    }

    pub(super) fn earliest(&self) -> Option<Duration> {
        self.by_time.first().map(|(due, _)| *due)
    }

    /// Takes out one database whose time has come.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Id> {
        let (due, _) = self.by_time.first()?;
        if *due > now {
            return None;
        }
        self.by_time.pop_first().map(|(_, id)| id)
    }
}
