//! Hints of macOS and the BSDs.
//!
//! A kqueue watches descriptors, and closing one of a file drops every lock that the process holds on it. So there is
//! one of the directory, and of `-wal` and `-journal`, which carry no locks; never one of the database or `-shm`. The
//! commits of `journal_mode=MEMORY` and `OFF` touch none of these: the sweep finds them.
//!
//! (FSEvents, which needs no descriptors, does not tell of writes to a file that stays open.)

use super::listing::{Change, Listing};
use super::names::Names;
use super::{Hint, Name};
use crate::descriptor::identity;
use crate::identity::Identity;
use crate::open_files;
use nix::libc::timespec;
use nix::sys::event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};

/// What the messages call it.
pub(crate) const SOURCE: &str = "kqueue";

/// The number of a descriptor.
pub(crate) type Watch = i32;

/// The watches of one observer thread.
#[derive(Debug)]
pub(crate) struct Hints<Id> {
    kqueue: Kqueue,
    directories: HashMap<Watch, Directory<Id>>,
    files: HashMap<Watch, File<Id>>,
}

#[derive(Debug)]
struct Directory<Id> {
    _fd: OwnedFd,
    identity: Identity,
    path: PathBuf,
    names: Names<Id>,
    listing: Listing,
}

#[derive(Debug)]
struct File<Id> {
    _fd: OwnedFd,
    identity: Identity,
    ids: Vec<Id>,
}

const EVENTS: FilterFlag = FilterFlag::NOTE_WRITE
    .union(FilterFlag::NOTE_EXTEND)
    .union(FilterFlag::NOTE_ATTRIB)
    .union(FilterFlag::NOTE_DELETE)
    .union(FilterFlag::NOTE_RENAME);
/// More are read in the next turn.
const BUFFER: usize = 64;

impl<Id: Copy + Eq + Hash> Hints<Id> {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            kqueue: Kqueue::new()?,
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
        let fd = open(directory, OFlags::DIRECTORY)?;
        let found = identity(&rustix::fs::fstat(&fd)?);
        let known = self.directories.iter().find(|(_, it)| it.identity == found);
        let watch = match known {
            Some((watch, _)) => *watch,
            None => {
                let watch = self.register(&fd)?;
                let new = Directory {
                    _fd: fd,
                    identity: found,
                    path: directory.to_path_buf(),
                    names: Names::default(),
                    listing: Listing::default(),
                };
                self.directories.insert(watch, new);
                watch
            }
        };
        if let Some(directory) = self.directories.get_mut(&watch) {
            for (bytes, name) in names {
                directory.names.add(bytes, id, name);
            }
            // What is there now is no news.
            directory.listing = directory.read()?;
        }
        Ok(watch)
    }

    /// Watches the content of a file, unless it carries locks. `None`: nothing to watch.
    pub(crate) fn watch_file(
        &mut self,
        file: &Path,
        name: Name,
        id: Id,
    ) -> io::Result<Option<Watch>> {
        if matches!(name, Name::Database | Name::WalIndex) {
            return Ok(None);
        }
        let fd = match open(file, OFlags::NONBLOCK | OFlags::NOCTTY) {
            Ok(fd) => fd,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let found = identity(&rustix::fs::fstat(&fd)?);
        let known = self.files.iter_mut().find(|(_, it)| it.identity == found);
        if let Some((watch, known)) = known {
            if !known.ids.contains(&id) {
                known.ids.push(id);
            }
            return Ok(Some(*watch));
        }
        let watch = self.register(&fd)?;
        let new = File {
            _fd: fd,
            identity: found,
            ids: vec![id],
        };
        self.files.insert(watch, new);
        Ok(Some(watch))
    }

    fn register(&self, fd: &OwnedFd) -> io::Result<Watch> {
        let watch = fd.as_raw_fd();
        let change = KEvent::new(
            usize::try_from(watch).map_err(io::Error::other)?,
            EventFilter::EVFILT_VNODE,
            EvFlags::EV_ADD | EvFlags::EV_CLEAR,
            EVENTS,
            0,
            0,
        );
        self.kqueue.kevent(&[change], &mut [], Some(AT_ONCE))?;
        Ok(watch)
    }

    /// Stops hinting at `id` for this watch. The kernel forgets it with its descriptor.
    pub(crate) fn forget(&mut self, watch: Watch, id: Id) {
        if let Entry::Occupied(mut file) = self.files.entry(watch) {
            file.get_mut().ids.retain(|each| *each != id);
            if file.get().ids.is_empty() {
                file.remove();
            }
        }
        if let Entry::Occupied(mut directory) = self.directories.entry(watch) {
            directory.get_mut().names.forget(id);
            if directory.get().names.is_empty() {
                directory.remove();
            }
        }
    }

    /// Reads one buffer of what is there and passes it on; never waits. Says whether there was anything.
    pub(crate) fn drain(&mut self, mut pass: impl FnMut(Hint<Id>)) -> bool {
        let none = KEvent::new(
            0,
            EventFilter::EVFILT_VNODE,
            EvFlags::empty(),
            FilterFlag::empty(),
            0,
            0,
        );
        let mut events = [none; BUFFER];
        let Ok(count) = self.kqueue.kevent(&[], &mut events, Some(AT_ONCE)) else {
            // Interrupted: no event was lost, and what there is makes the next wait return at once.
            return false;
        };
        for event in &events[..count] {
            let Ok(watch) = Watch::try_from(event.ident()) else {
                continue;
            };
            if let Some(file) = self.files.get(&watch) {
                file.ids.iter().for_each(|id| pass(Hint::Written(*id)));
                if event.fflags().contains(FilterFlag::NOTE_DELETE) {
                    // Its descriptor would keep its blocks from being freed.
                    self.files.remove(&watch);
                }
            } else if let Some(directory) = self.directories.get_mut(&watch) {
                directory.tell_changes(&mut pass);
            }
        }
        count > 0
    }
}

impl<Id: Copy + Eq + Hash> Directory<Id> {
    fn read(&self) -> io::Result<Listing> {
        Listing::read(&self.path, |name| self.names.of(name).next().is_some())
    }

    fn tell_changes(&mut self, pass: &mut impl FnMut(Hint<Id>)) {
        // Where it can't be read it is gone, or will be soon: the check of identity says so.
        let now = self.read().unwrap_or_default();
        let names = &self.names;
        self.listing.replace(now, |bytes, change| {
            for (id, name) in names.of(bytes) {
                pass(match change {
                    Change::Appeared => Hint::Appeared(*id, *name),
                    Change::Vanished => Hint::Vanished(*id, *name),
                });
            }
        });
    }
}

const AT_ONCE: timespec = timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

fn open(path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::RDONLY | OFlags::CLOEXEC;
    let fd: Result<_, Errno> =
        open_files::with_room(|| rustix::fs::open(path, flags, Mode::empty()));
    Ok(fd?)
}

impl<Id> AsFd for Hints<Id> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.kqueue.as_fd()
    }
}

/// A limit of hints alone: there is none but that of open files.
pub(crate) fn limit_reached(_: &io::Error) -> Option<crate::error::Reason> {
    None
}
