//! Hints of Linux.
//!
//! One inotify instance a thread (the limit is 128 a user). File content is watched on the database, `-wal` and
//! `-journal`; names are watched on the directory, so that neighbours cost nothing but their names. Never `-shm`.

mod limit;
#[cfg(feature = "test-hooks")]
pub(crate) mod replayed;

use super::names::Names;
use super::{Hint, Name};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::io;
use std::mem::MaybeUninit;
use std::path::Path;

pub(crate) use limit::limit_reached;

/// What the messages call it.
pub(crate) const SOURCE: &str = "inotify";

pub(crate) type Watch = i32;

/// The watches of one observer thread.
#[derive(Debug)]
pub(crate) struct Hints<Id> {
    inotify: OwnedFd,
    directories: HashMap<Watch, Names<Id>>,
    files: HashMap<Watch, Vec<Id>>,
}

const FILE: WatchFlags = WatchFlags::MODIFY;
const DIRECTORY: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::ONLYDIR);
const APPEARED: ReadFlags = ReadFlags::CREATE.union(ReadFlags::MOVED_TO);
/// Room for a few hundred events; more are read in the next turn.
const BUFFER: usize = 16 * 1024;

impl<Id: Copy + Eq + Hash> Hints<Id> {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            inotify: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?,
            directories: HashMap::new(),
            files: HashMap::new(),
        })
    }

    /// Watches a directory for one database's names.
    pub(crate) fn watch_names(
        &mut self,
        directory: &Path,
        names: impl IntoIterator<Item = (Vec<u8>, Name)>,
        id: Id,
    ) -> io::Result<Watch> {
        let watch = inotify::add_watch(&self.inotify, directory, DIRECTORY)?;
        let known = self.directories.entry(watch).or_default();
        for (bytes, name) in names {
            known.add(bytes, id, name);
        }
        Ok(watch)
    }

    /// Watches the content of a file. Never that of a `-shm`. `None`: there is no such file.
    pub(crate) fn watch_file(&mut self, file: &Path, _: Name, id: Id) -> io::Result<Option<Watch>> {
        let watch = match inotify::add_watch(&self.inotify, file, FILE) {
            Err(Errno::NOENT) => return Ok(None),
            other => other?,
        };
        let ids = self.files.entry(watch).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
        Ok(Some(watch))
    }

    /// Stops hinting at `id` for this watch.
    pub(crate) fn forget(&mut self, watch: Watch, id: Id) {
        if let Entry::Occupied(mut ids) = self.files.entry(watch) {
            ids.get_mut().retain(|each| *each != id);
            if ids.get().is_empty() {
                ids.remove();
                // It may be gone already, with the file.
                let _ = inotify::remove_watch(&self.inotify, watch);
            }
        }
        if let Entry::Occupied(mut names) = self.directories.entry(watch) {
            names.get_mut().forget(id);
            if names.get().is_empty() {
                names.remove();
                let _ = inotify::remove_watch(&self.inotify, watch);
            }
        }
    }

    /// Reads one buffer of what is there and passes it on; never waits. Says whether there was anything.
    pub(crate) fn drain(&mut self, mut pass: impl FnMut(Hint<Id>)) -> bool {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut events = Reader::new(self.inotify.as_fd(), &mut buffer);
        loop {
            let Ok(event) = events.next() else {
                // Nothing more (EAGAIN). Anything else also means that no event was lost: the sweep goes on.
                return false;
            };
            let flags = event.events();
            if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
                pass(Hint::Overflow);
            } else if flags.contains(ReadFlags::IGNORED) {
                self.files.remove(&event.wd());
                self.directories.remove(&event.wd());
            } else if let Some(ids) = self.files.get(&event.wd()) {
                for id in ids {
                    pass(Hint::Written(*id));
                }
            } else if let (Some(names), Some(name)) =
                (self.directories.get(&event.wd()), event.file_name())
            {
                for (id, name) in names.of(name.to_bytes()) {
                    pass(if flags.intersects(APPEARED) {
                        Hint::Appeared(*id, *name)
                    } else {
                        Hint::Vanished(*id, *name)
                    });
                }
            }
            if events.is_buffer_empty() {
                return true;
            }
        }
    }
}

impl<Id> AsFd for Hints<Id> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}
