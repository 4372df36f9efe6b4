//! The file watches of one database, and what their events change.

use super::{Database, Target};
use crate::backend::WatcherBackend;
use crate::cadence::{Found, Writer};
use crate::caution;
use crate::delivery::{self, Notice};
use crate::error::{Error, Reason};
use crate::hint::{self, Hints, Name, Watch};
use crate::location::Location;
use crate::mount;
use crate::open_files;
use crate::shared::Shared;
use crate::thread::agenda::Id;
use std::ffi::OsString;
use std::io;
use std::time::Duration;

/// What is watched for one database.
#[derive(Debug, Default)]
pub(super) struct Watches {
    directory: Option<Watch>,
    database: Option<Watch>,
    wal: Option<Watch>,
    journal: Option<Watch>,
    in_storm: bool,
}

impl Watches {
    /// The watches that the requested backend needs: none for polling, or where `auto` finds that they cannot work.
    pub(super) fn for_backend(
        id: Id,
        shared: &Shared,
        hints: &mut Option<Hints<Id>>,
    ) -> Result<Option<Self>, Error> {
        let requested = shared.requested;
        if requested == WatcherBackend::ShmFastPath && requested.is_built() {
            refuse_shared_file_system(&shared.location, requested)?;
        }
        let wants_hints = matches!(
            requested,
            WatcherBackend::KernelWatch | WatcherBackend::Auto
        );
        if !wants_hints || !WatcherBackend::KernelWatch.is_built() {
            shared.fall_back_where_not_built();
            warn_of_shared_file_system(shared);
            return Ok(None);
        }
        let mut watches = Self::default();
        let started = refuse_shared_file_system(&shared.location, WatcherBackend::KernelWatch)
            .and_then(|()| watches.watch_names(id, &shared.location, hints))
            .and_then(|()| watches.watch_files(id, &shared.location, hints));
        match started {
            Ok(()) => {
                shared.set_effective(WatcherBackend::KernelWatch, None);
                Ok(Some(watches))
            }
            Err(error) => {
                watches.remove_all(id, hints);
                if requested == WatcherBackend::KernelWatch {
                    return Err(error);
                }
                let why = error.to_string();
                delivery::post(|| Notice::Fallback {
                    path: shared.location.path.clone(),
                    why: why.clone(),
                });
                shared.set_effective(WatcherBackend::Polling, Some(why));
                warn_of_shared_file_system(shared);
                Ok(None)
            }
        }
    }

    pub(super) fn watch_names(
        &mut self,
        id: Id,
        location: &Location,
        hints: &mut Option<Hints<Id>>,
    ) -> Result<(), Error> {
        let bytes = OsString::into_encoded_bytes;
        let names = [
            (bytes(location.name.clone()), Name::Database),
            (bytes(location.sidecar("-journal")), Name::Journal),
            (bytes(location.sidecar("-wal")), Name::Wal),
            (bytes(location.sidecar("-shm")), Name::WalIndex),
        ];
        let hints = ready(hints, location)?;
        let watch = hints.watch_names(&location.directory, names, id);
        let watch = watch.map_err(|error| cannot_watch(location, "its directory", &error))?;
        if let Some(before) = self.directory.replace(watch)
            && before != watch
        {
            hints.forget(before, id);
        }
        Ok(())
    }

    /// Watches the content of the files that exist.
    pub(super) fn watch_files(
        &mut self,
        id: Id,
        location: &Location,
        hints: &mut Option<Hints<Id>>,
    ) -> Result<(), Error> {
        [Name::Database, Name::Wal, Name::Journal]
            .into_iter()
            .try_for_each(|name| self.watch_file(id, location, name, hints))
    }

    fn watch_file(
        &mut self,
        id: Id,
        location: &Location,
        name: Name,
        hints: &mut Option<Hints<Id>>,
    ) -> Result<(), Error> {
        let (slot, file) = match name {
            Name::Database => (&mut self.database, location.name.clone()),
            Name::Wal => (&mut self.wal, location.sidecar("-wal")),
            Name::Journal => (&mut self.journal, location.sidecar("-journal")),
            // A watch would report what readers do there, and no commit.
            Name::WalIndex => return Ok(()),
        };
        let hints = ready(hints, location)?;
        match hints.watch_file(&location.join(&file), name, id) {
            Ok(None) => Ok(()),
            Ok(Some(watch)) => {
                if let Some(before) = slot.replace(watch)
                    && before != watch
                {
                    hints.forget(before, id);
                }
                Ok(())
            }
            // Whether it can do without reading this file is for another backend to say.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let what = format!("{} cannot watch {} of", hint::SOURCE, file.display());
                Err(Error::system(&location.path, what, error))
            }
            Err(error) => Err(cannot_watch(location, &file.to_string_lossy(), &error)),
        }
    }

    pub(super) fn remove_all(&mut self, id: Id, hints: &mut Option<Hints<Id>>) {
        if let Some(hints) = hints {
            let all = [
                &mut self.database,
                &mut self.wal,
                &mut self.journal,
                &mut self.directory,
            ];
            for watch in all.into_iter().filter_map(Option::take) {
                hints.forget(watch, id);
            }
        }
    }
}

impl Database {
    pub(in crate::thread) fn hint(&mut self, now: Duration) {
        self.shared.counters.hints.add(1);
        self.cadence.hint(now);
    }

    pub(in crate::thread) fn hints_taken(&self) -> u64 {
        self.shared.counters.hints.get()
    }

    pub(in crate::thread) fn count_sweep_found(&self) {
        self.shared.counters.sweeps_found.add(1);
    }

    pub(in crate::thread) fn name_appeared(
        &mut self,
        name: Name,
        now: Duration,
        hints: &mut Option<Hints<Id>>,
    ) {
        self.hint(now);
        match name {
            Name::Database => self.check_identity_now(),
            Name::Wal => {
                if let Some(watches) = &mut self.watches
                    && let Err(error) = watches.watch_file(self.id, &self.location, name, hints)
                {
                    self.fall_back_to_polling(error.to_string(), now, hints);
                }
            }
            // A journal that is deleted at each commit is not worth a watch (see `watch_kept_journal`).
            Name::Journal | Name::WalIndex => {}
        }
    }

    pub(in crate::thread) fn name_vanished(&mut self, name: Name, now: Duration) {
        self.hint(now);
        if name == Name::Database {
            self.check_identity_now();
        }
    }

    /// Events were lost: anything may have happened, and files may have appeared that are to be watched.
    pub(in crate::thread) fn overflowed(&mut self, now: Duration, hints: &mut Option<Hints<Id>>) {
        self.shared.counters.overflows.add(1);
        delivery::post(|| Notice::Overflow {
            path: self.shared.location.path.clone(),
        });
        self.check_identity_now();
        if self
            .watches
            .as_ref()
            .is_some_and(|watches| !watches.in_storm)
        {
            self.watch_again(now, hints);
        } else {
            self.cadence.hint(now);
        }
    }

    /// Sets every watch, those that are there as well, and looks once more, for what happened before.
    fn watch_again(&mut self, now: Duration, hints: &mut Option<Hints<Id>>) {
        let Some(watches) = &mut self.watches else {
            return;
        };
        let (id, location) = (self.id, &self.location);
        let again = watches
            .watch_names(id, location, hints)
            .and_then(|()| watches.watch_files(id, location, hints));
        match again {
            Ok(()) => self.cadence.hint(now),
            Err(error) => self.fall_back_to_polling(error.to_string(), now, hints),
        }
    }

    pub(in crate::thread) fn release(&mut self, hints: &mut Option<Hints<Id>>) {
        if let Some(watches) = &mut self.watches {
            watches.remove_all(self.id, hints);
        }
    }

    /// A saturated writer pays for every event that is delivered, and so does a large transaction. While it is at work
    /// the events are not needed: the watches go, and come back when no writer is active.
    pub(super) fn follow_storm(
        &mut self,
        found: Found,
        now: Duration,
        hints: &mut Option<Hints<Id>>,
    ) {
        let Some(watches) = &mut self.watches else {
            return;
        };
        if watches.in_storm {
            let is_active = match &mut self.target {
                Target::Present(observer) => {
                    found == Found::Commits || observer.writer() == Writer::Active
                }
                Target::Absent => false,
            };
            if is_active {
                self.cadence.look_soon(now);
                return;
            }
            watches.in_storm = false;
            self.cadence.calm();
            self.watch_again(now, hints);
        } else if self.cadence.is_storm() {
            watches.in_storm = true;
            watches.remove_all(self.id, hints);
            self.shared.counters.storms.add(1);
            self.cadence.look_soon(now);
        }
    }

    /// A journal that is still there when the writer has gone quiet is kept (TRUNCATE, PERSIST): its cutting ends the
    /// next commit.
    pub(super) fn watch_kept_journal(&mut self, hints: &mut Option<Hints<Id>>) {
        let Target::Present(observer) = &self.target else {
            return;
        };
        if let Some(watches) = &mut self.watches
            && !watches.in_storm
            && observer.has_journal()
        {
            // Without it the commit is found through the other events, a little later.
            let _ = watches.watch_file(self.id, &self.location, Name::Journal, hints);
        }
    }
}

/// Whether watches can be had for this database. Leaves none behind.
pub(in crate::thread) fn try_out(location: &Location) -> Result<(), Error> {
    let mut hints = None;
    let mut watches = Watches::default();
    watches.watch_names(0, location, &mut hints)?;
    watches.watch_files(0, location, &mut hints)
}

fn ready<'a>(
    hints: &'a mut Option<Hints<Id>>,
    location: &Location,
) -> Result<&'a mut Hints<Id>, Error> {
    match hints.take() {
        Some(ready) => Ok(hints.insert(ready)),
        None => match Hints::new() {
            Ok(new) => Ok(hints.insert(new)),
            Err(error) => Err(cannot_watch(location, "anything", &error)),
        },
    }
}

fn cannot_watch(location: &Location, what: &str, error: &io::Error) -> Error {
    let limit = hint::limit_reached(error).or_else(|| open_files::limit_reached(error));
    let reason = limit.unwrap_or_else(|| Reason::BackendUnavailable {
        backend: WatcherBackend::KernelWatch.name(),
        why: format!(
            "{} cannot watch {what} ({error}). Use polling",
            hint::SOURCE
        ),
    });
    Error::at(&location.path, reason)
}

/// Neither events nor a wal-index say anything about what another host writes.
pub(in crate::thread) fn refuse_shared_file_system(
    location: &Location,
    backend: WatcherBackend,
) -> Result<(), Error> {
    let why = match (mount::of_path(&location.directory), backend) {
        (Ok(file_system), WatcherBackend::ShmFastPath) if file_system.shared => format!(
            "it is on {}, where the wal-index of another host is not to be seen. Use polling",
            file_system.name
        ),
        (Ok(file_system), _) if file_system.shared => format!(
            "it is on {}, where another host or a server can write without an event here. Use polling",
            file_system.name
        ),
        _ => return Ok(()),
    };
    let backend = backend.name();
    Err(Error::at(
        &location.path,
        Reason::BackendUnavailable { backend, why },
    ))
}

fn warn_of_shared_file_system(shared: &Shared) {
    if let (WatcherBackend::Polling, Ok(file_system)) = (
        shared.effective(),
        mount::of_path(&shared.location.directory),
    ) && file_system.shared
    {
        let caution = caution::of_shared(file_system);
        delivery::post(|| Notice::Caution {
            path: shared.location.path.clone(),
            caution: caution.clone(),
        });
        shared.set_caution(caution);
    }
}
