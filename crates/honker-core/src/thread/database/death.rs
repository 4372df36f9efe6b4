//! What ends a watcher from outside: its file is replaced, removed, or not a database. Whether it really ends is for
//! `follow` to say.

use super::{Database, Next, Target};
use crate::backend::WatcherBackend;
use crate::delivery::{self, Notice};
use crate::error::{Error, Overwritten, Quoted, Reason};
use crate::hint::Hints;
use crate::identity;
use crate::location::{Location, leads_nowhere};
use crate::observer::header::Header;
use crate::thread::agenda::Id;
use std::io::ErrorKind;
use std::time::Duration;

/// Whether something can be told by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Yes,
    NotYet,
}

impl Database {
    /// Whether the path still leads to the file that is watched. An absent file needs its directory.
    pub(super) fn check_identity(
        &mut self,
        now: Duration,
        hints: &mut Option<Hints<Id>>,
    ) -> Result<(), Error> {
        let location = &self.location;
        match &self.target {
            Target::Present(observer) => {
                let expected = observer.identity();
                let found = match identity::of_path(&location.path) {
                    Ok(found) => Some(found),
                    Err(error) if leads_nowhere(&error) => None,
                    Err(error) => {
                        // Not allowed to look any more, say: whether this is still the database, nobody knows.
                        let error =
                            Error::system(&location.path, "cannot check the identity of", error);
                        self.shared.set_last_error(error.to_string());
                        return if self.identity_patience.endures(now, super::PATIENCE) {
                            Ok(())
                        } else {
                            Err(error)
                        };
                    }
                };
                self.identity_patience.restore();
                if found == Some(expected) {
                    return Ok(());
                }
                Err(Error::at(
                    &location.path,
                    Reason::Replaced { expected, found },
                ))
            }
            Target::Absent => {
                if let Some(watches) = &mut self.watches {
                    // Its directory may be another one by now: the same watch again costs nothing.
                    let _ = watches.watch_names(self.id, location, hints);
                }
                let directory = location.directory.metadata();
                let is_gone = directory.is_err_and(|error| {
                    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
                });
                match is_gone {
                    // The directory may come back with the file.
                    true if self.follows() => Ok(()),
                    true => Err(Error::at(
                        &location.path,
                        Reason::DirectoryNotFound {
                            directory: location.directory.clone(),
                        },
                    )),
                    false => self.check_that_the_path_leads_there(),
                }
            }
        }
    }

    /// Whether the database is open only under another name, so that its commits are where nobody looks. Not known yet,
    /// while a connection may only be about to create its log.
    pub(super) fn check_name(&mut self, now: Duration) -> Result<Known, Error> {
        let Target::Present(observer) = &self.target else {
            return Ok(Known::Yes);
        };
        if !observer.is_open_elsewhere() {
            self.name_patience.restore();
            return Ok(Known::Yes);
        }
        if self.name_patience.endures(now, super::PATIENCE) {
            return Ok(Known::NotYet);
        }
        Err(Error::at(&self.location.path, Reason::OtherName))
    }

    /// Somebody keeps readers out, for so long that those who wait for wakes want to know.
    pub(super) fn tell_what_is_in_the_way(&mut self, now: Duration) {
        if self.busy_patience.runs_out(now, super::PATIENCE) {
            let told = format!(
                "{:?}: for {:?} now a lock has kept readers out, or a transaction has been half written \
                 (locking_mode=EXCLUSIVE, the VFS unix-excl, or a hot journal that nobody has played back); its \
                 commits wake once they can be read",
                Quoted(&self.location.path),
                super::PATIENCE
            );
            self.shared.set_last_error(told);
        }
    }

    /// While there is no file, a link on its path may be retargeted: then the file would appear elsewhere.
    pub(super) fn check_that_the_path_leads_there(&self) -> Result<(), Error> {
        let location = &self.location;
        match Location::resolve(&location.path) {
            Ok(now) if (&now.directory, &now.name) != (&location.directory, &location.name) => {
                Err(Error::at(
                    &location.path,
                    Reason::PathRetargeted {
                        expected: location.join(&location.name),
                        found: now.join(&now.name),
                    },
                ))
            }
            // The directory's own check says what else there is to say.
            _ => Ok(()),
        }
    }

    /// The identity is checked with the next look.
    pub(in crate::thread) fn check_identity_now(&mut self) {
        self.identity_due = Duration::ZERO;
    }

    /// Looks next, whatever the cadence says.
    pub(in crate::thread) fn look_now(&mut self, now: Duration) {
        self.check_identity_now();
        self.cadence.look_now(now);
    }

    /// A header that is still cut short when there was time enough to write the rest.
    pub(super) fn refuse_truncated(&mut self) -> Option<Error> {
        let header = self.current_header()?;
        matches!(header, Header::Truncated { .. }).then(|| self.not_a_database(Some(header)))
    }

    /// What a file without a SQLite header means: at open an error, later a replacement.
    pub(super) fn overwritten(&mut self, what: Overwritten) -> Error {
        if let Overwritten::UnknownVersion { read } = what {
            return Error::at(&self.location.path, Reason::FormatVersion { read });
        }
        if self.has_seen_no_header() && what == Overwritten::NotADatabase {
            let header = self.current_header();
            return self.not_a_database(header);
        }
        Error::at(&self.location.path, Reason::Overwritten { what })
    }

    /// Whether no header of this file has been believed yet, so that there is nothing it could have been overwritten by.
    pub(super) fn has_seen_no_header(&self) -> bool {
        matches!(&self.target, Target::Present(observer) if observer.is_at_first_header())
    }

    fn current_header(&mut self) -> Option<Header> {
        match &mut self.target {
            Target::Present(observer) => observer.current_header(),
            Target::Absent => None,
        }
    }

    fn not_a_database(&self, header: Option<Header>) -> Error {
        let found = header.map_or_else(|| "it cannot be read".to_owned(), Header::describe);
        Error::at(&self.location.path, Reason::NotADatabase { found })
    }

    /// The shm backend needs a wal-index. While there is no database yet, its mode is still open.
    pub(super) fn require_wal_for_shm(&mut self) -> Result<(), Error> {
        let shm = WatcherBackend::ShmFastPath;
        // Asking what is effective would be a system call each look.
        if self.shared.requested != shm || !shm.is_built() {
            return Ok(());
        }
        let is_rollback = match &mut self.target {
            Target::Present(observer) => observer.is_rollback(),
            Target::Absent => false,
        };
        let reason = match (is_rollback, &self.opening) {
            (false, _) => return Ok(()),
            (true, None) => Reason::LeftWal,
            (true, Some(_)) => Reason::BackendUnavailable {
                backend: WatcherBackend::ShmFastPath.name(),
                why: "it uses a rollback journal, and only WAL mode has the wal-index that shm reads. Use polling, \
                      kernel or auto, or switch the database with PRAGMA journal_mode=WAL"
                    .to_owned(),
            },
        };
        Err(Error::at(&self.location.path, reason))
    }

    pub(super) fn die(&mut self, error: Error) -> Next {
        let now = self.due();
        self.shared.set_last_error(error.to_string());
        if self.opening.is_some() {
            self.answer_opening(Err(error.clone()), now);
        } else {
            delivery::post(|| Notice::Died {
                error: error.clone(),
            });
        }
        self.shared.end(error);
        Next::Dead
    }

    /// Ends the watcher without a further look.
    pub(in crate::thread) fn end(&self, reason: Reason) {
        self.shared.end(Error::at(&self.location.path, reason));
    }
}
