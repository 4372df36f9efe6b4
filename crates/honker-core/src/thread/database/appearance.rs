//! Opening the files, at once or when a missing database appears, and telling of one that is new.

use super::{Database, OPENING, Opening, PATIENCE, Refusal, Target};
use crate::delivery::{self, Notice};
use crate::error::{Error, ErrorKind, Reason};
use crate::hint::Hints;
use crate::observer::files::is_not_regular;
use crate::observer::header::Extent;
use crate::thread::agenda::Id;
use crate::totals::News;
use crate::watcher::refuse_what_is_no_regular_file;
use std::io;
use std::path::Path;
use std::time::Duration;

impl Database {
    /// A file that was missing and is there now: all that is in it was committed since, unless it stands for one that
    /// was there before.
    pub(super) fn open_if_it_appeared(
        &mut self,
        now: Duration,
        hints: &mut Option<Hints<Id>>,
    ) -> Result<(), Error> {
        let Target::Absent = self.target else {
            return Ok(());
        };
        let opening = Opening::new(&self.shared, &self.table, &self.sessions, &self.location);
        match opening.open((!self.replaced).then_some(now)) {
            Ok(observer) => {
                // Through a link it would have its sidecars elsewhere.
                self.check_that_the_path_leads_there()?;
                // The directory, too: it may have been missing with the file.
                if let Some(watches) = &mut self.watches
                    && let Err(error) = watches
                        .watch_names(self.id, &self.location, hints)
                        .and_then(|()| watches.watch_files(self.id, &self.location, hints))
                {
                    let why = error.to_string();
                    self.fall_back_to_polling(why, now, hints);
                }
                self.target = Target::Present(observer);
                self.is_new = !self.replaced;
                Ok(())
            }
            Err(Refusal::Missing) => {
                self.patience.restore();
                Ok(())
            }
            Err(Refusal::ForGood(error)) => Err(error),
            Err(Refusal::ForNow(error))
                // A directory on the path of a replaced file may be a file for a while.
                if self.follows() && error.kind() == ErrorKind::DirectoryNotFound =>
            {
                Ok(())
            }
            Err(Refusal::ForNow(error)) => {
                self.shared.set_last_error(error.to_string());
                if self.patience.endures(now, PATIENCE) {
                    Ok(())
                } else {
                    Err(error)
                }
            }
        }
    }

    /// Tells of a file that appeared or replaced another. Its commits are seen from here on. A state of it that the first
    /// look could not tell is waited for, as `open` does: who is told before wakes again for it, be there a commit or not.
    ///
    /// A file that is only being copied here is waited for: who read it now would find it malformed, and its end is no
    /// commit that would wake them again.
    pub(super) fn tell_of_new_file(&mut self, now: Duration) {
        if !self.replaced && self.held_back.is_none() {
            return;
        }
        let Target::Present(observer) = &mut self.target else {
            return;
        };
        if let Extent::Partial { size } = observer.extent() {
            if self.copied_size != size {
                self.copied_size = size;
                self.copy_patience.restore();
            }
            if self.copy_patience.endures(now, PATIENCE) {
                self.baseline_patience.restore();
                return;
            }
        }
        self.copy_patience.restore();
        if self.replaced {
            if !observer.is_settled() && self.baseline_patience.endures(now, OPENING) {
                return;
            }
            self.baseline_patience.restore();
            self.replaced = false;
            observer.rely_on_baseline();
            self.shared.counters.wakes.add(1);
            self.shared.counters.replacements.add(1);
            delivery::post(|| Notice::Replaced {
                path: self.location.path.clone(),
            });
            self.publish(News::Replaced, self.doubt.is_none());
        }
        if let Some(tally) = self.held_back.take() {
            self.is_new = false;
            self.wake(tally, self.doubt.is_none());
        }
    }
}

/// Why a file cannot be opened as a database.
pub(super) fn cannot_open(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::at(path, Reason::NotFound),
        _ if is_not_regular(&error) => {
            refuse_what_is_no_regular_file(path)
                .err()
                .unwrap_or_else(|| {
                    // It was one, and is another already.
                    let found = "a special file";
                    Error::at(path, Reason::NotRegularFile { found })
                })
        }
        _ => Error::system(path, "cannot open", error),
    }
}
