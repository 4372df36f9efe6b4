//! Opening the files, at once or when a missing database appears.

use super::{Database, Opening, PATIENCE, Refusal, Target};
use crate::error::{Error, ErrorKind, Reason};
use crate::hint::Hints;
use crate::observer::files::is_not_regular;
use crate::thread::agenda::Id;
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
