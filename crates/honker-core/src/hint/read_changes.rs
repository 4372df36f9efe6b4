//! Hints of Windows.
//!
//! `ReadDirectoryChangesW` tells of names and of writes in one, so that no handle of a file is needed. NTFS tells of a
//! write when it updates the size or the time in the directory, for a file that stays open often not before it is
//! flushed: the sweep finds what comes late.

use super::names::Names;
use super::{Hint, Name};
use honker_windows::{Action, Changes, Told};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::io;
use std::path::Path;

/// What the messages call it.
pub(crate) const SOURCE: &str = "ReadDirectoryChangesW";

pub(crate) type Watch = u32;

/// The watches of one observer thread.
#[derive(Debug)]
pub(crate) struct Hints<Id> {
    changes: Changes,
    directories: HashMap<Watch, Names<Id>>,
}

impl<Id: Copy + Eq + Hash> Hints<Id> {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            changes: Changes::new()?,
            directories: HashMap::new(),
        })
    }

    /// Watches a directory for one database's names, and what is written to the files of these names.
    pub(crate) fn watch_names(
        &mut self,
        directory: &Path,
        names: impl IntoIterator<Item = (Vec<u8>, Name)>,
        id: Id,
    ) -> io::Result<Watch> {
        let watch = self.changes.watch(directory)?;
        let known = self.directories.entry(watch).or_default();
        for (bytes, name) in names {
            known.add(in_one_case(&bytes), id, name);
        }
        Ok(watch)
    }

    /// Nothing more to watch: the directory tells of its files.
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the other platforms watch files"
    )]
    pub(crate) fn watch_file(&mut self, _: &Path, _: Name, _: Id) -> io::Result<Option<Watch>> {
        Ok(None)
    }

    /// Stops hinting at `id` for this watch.
    pub(crate) fn forget(&mut self, watch: Watch, id: Id) {
        if let Entry::Occupied(mut names) = self.directories.entry(watch) {
            names.get_mut().forget(id);
            if names.get().is_empty() {
                names.remove();
                self.changes.forget(watch);
            }
        }
    }

    /// Passes on what is there; never waits. Says whether there was anything.
    pub(crate) fn drain(&mut self, mut pass: impl FnMut(Hint<Id>)) -> bool {
        let directories = &self.directories;
        self.changes.drain(|watch, told| match told {
            Told::Lost => pass(Hint::Overflow),
            Told::Change { action, name } => {
                let Some(names) = directories.get(&watch) else {
                    return;
                };
                for (id, name) in names.of(&in_one_case(name.as_encoded_bytes())) {
                    match (action, name) {
                        // A write there is by a reader as well.
                        (Action::Modified, Name::WalIndex) => {}
                        (Action::Modified, _) => pass(Hint::Written(*id)),
                        (Action::Appeared, name) => pass(Hint::Appeared(*id, *name)),
                        (Action::Vanished, name) => pass(Hint::Vanished(*id, *name)),
                    }
                }
            }
        })
    }

    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }
}

/// A file has the name that its first user gave it, and the next may write it in another case.
fn in_one_case(name: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(name).to_lowercase().into_bytes()
}

/// A limit of hints alone: there is none but that of open files.
pub(crate) fn limit_reached(_: &io::Error) -> Option<crate::error::Reason> {
    None
}
