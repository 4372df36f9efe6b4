//! Opening the files, at once or when a missing database appears.

use super::{Database, Opening, PATIENCE, Refusal, Target};
use crate::error::{Error, Reason};
use crate::hint::Hints;
use crate::thread::agenda::Id;
use crate::watcher::refuse_what_is_no_regular_file;
use rustix::io::Errno;
use std::path::Path;
use std::time::Duration;

/// A directory on the path of a replaced file may be a file for a while.
const NOT_A_DIRECTORY: Option<i32> = Some(Errno::NOTDIR.raw_os_error());

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
                if self.follows() && error.raw_os_error() == NOT_A_DIRECTORY =>
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
pub(super) fn cannot_open(path: &Path, error: Errno) -> Error {
    match error {
        Errno::NOENT => Error::at(path, Reason::NotFound),
        Errno::NODEV => refuse_what_is_no_regular_file(path)
            .err()
            .unwrap_or_else(|| {
                // It was one, and is another already.
                let found = "a special file";
                Error::at(path, Reason::NotRegularFile { found })
            }),
        error => Error::system(path, "cannot open", error),
    }
}
