//! What a database is looked at with: the observer of its files, or SQLite itself.

use super::appearance::cannot_open;
use crate::backend::WatcherBackend;
use crate::cadence::Writer;
use crate::descriptor::Table;
use crate::error::Error;
use crate::identity::Identity;
use crate::location::Location;
use crate::observer::evidence::Seen;
use crate::observer::files::{Files, is_not_regular};
use crate::observer::header::{Extent, Header};
use crate::observer::standing::Standing;
use crate::observer::{Look, Observer};
use crate::sessions::Sessions;
use crate::shared::Shared;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// A file that is looked at.
pub(super) trait Observe {
    /// Looks. `now` is the monotonic clock.
    fn look(&mut self, now: Duration) -> Seen<Look>;
    /// Which file was opened.
    fn identity(&self) -> Identity;
    /// Whether a baseline is recorded.
    fn is_settled(&self) -> bool;
    /// Whether a look that found commits has found all that were made by then.
    fn is_certain(&self) -> bool;
    /// Whether no header of this file has been believed yet.
    fn is_at_first_header(&self) -> bool;
    /// Somebody relies on the baseline from now on, settled or not.
    fn rely_on_baseline(&mut self);
    /// Where the database stood at the last look that could tell.
    fn standing(&mut self) -> Standing;
    /// Whether a commit may follow without a further file event.
    fn writer(&mut self) -> Writer;
    /// Whether the database is known to use a rollback journal.
    fn is_rollback(&mut self) -> bool;
    /// Whether somebody writes to its log under another name.
    fn is_open_elsewhere(&self) -> bool;
    /// Whether there is a rollback journal now.
    fn has_journal(&self) -> bool;
    /// The header as it stands, where it can be read.
    fn current_header(&mut self) -> Option<Header>;
    /// Whether the file is as long as its header says.
    fn extent(&self) -> Extent;
}

impl Observe for Observer<Files> {
    fn look(&mut self, now: Duration) -> Seen<Look> {
        Observer::look(self, now)
    }

    fn identity(&self) -> Identity {
        self.evidence().identity()
    }

    fn is_settled(&self) -> bool {
        Observer::is_settled(self)
    }

    fn is_certain(&self) -> bool {
        Observer::is_certain(self)
    }

    fn is_at_first_header(&self) -> bool {
        Observer::is_at_first_header(self)
    }

    fn rely_on_baseline(&mut self) {
        Observer::rely_on_baseline(self);
    }

    fn standing(&mut self) -> Standing {
        let file = Observe::identity(self);
        Observer::standing(self, file)
    }

    fn writer(&mut self) -> Writer {
        Observer::writer(self)
    }

    fn is_rollback(&mut self) -> bool {
        Observer::is_rollback(self)
    }

    fn is_open_elsewhere(&self) -> bool {
        self.is_wal() && self.evidence().is_open_elsewhere()
    }

    fn has_journal(&self) -> bool {
        self.evidence().has_journal()
    }

    fn current_header(&mut self) -> Option<Header> {
        Observer::current_header(self)
    }

    fn extent(&self) -> Extent {
        self.evidence().extent()
    }
}

/// Why there is nothing to look at.
pub(super) enum Refusal {
    /// No file.
    Missing,
    /// What another try will not change.
    ForGood(Error),
    /// What the system refused, and may grant later.
    ForNow(Error),
}

impl Refusal {
    pub(super) fn from_system(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ if is_not_regular(&error) => Self::ForGood(cannot_open(path, error)),
            _ => Self::ForNow(cannot_open(path, error)),
        }
    }

    /// For the one who wanted to open the database now.
    pub(super) fn into_error(self, location: &Location) -> Error {
        match self {
            Self::Missing => cannot_open(&location.path, io::ErrorKind::NotFound.into()),
            Self::ForGood(error) | Self::ForNow(error) => error,
        }
    }
}

/// How to open a database for one of the backends.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    table: &'a Table,
    sessions: &'a Rc<Sessions>,
    location: &'a Location,
    /// Whether SQLite itself is to be asked.
    asks_sqlite: bool,
}

impl<'a> Opening<'a> {
    pub(super) fn new(
        shared: &Shared,
        table: &'a Table,
        sessions: &'a Rc<Sessions>,
        location: &'a Location,
    ) -> Self {
        Self {
            table,
            sessions,
            location,
            asks_sqlite: shared.effective() == WatcherBackend::DataVersion,
        }
    }

    /// Opens the file. If it was missing until `appeared`, whatever it holds was committed since.
    pub(super) fn open(self, appeared: Option<Duration>) -> Result<Box<dyn Observe>, Refusal> {
        #[cfg(feature = "data-version")]
        if self.asks_sqlite {
            let is_new = appeared.is_some();
            let sqlite = super::data_version::DataVersion::open(self.table, self.location, is_new)?;
            return Ok(Box::new(sqlite));
        }
        debug_assert!(!self.asks_sqlite, "not in this build");
        let files = Files::open(self.table, self.sessions, self.location)
            .map_err(|error| Refusal::from_system(&self.location.path, error))?;
        Ok(Box::new(match appeared {
            Some(now) => Observer::of_new_file(files, now),
            None => Observer::new(files),
        }))
    }
}
