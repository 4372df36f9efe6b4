//! The evidence in the real files of a POSIX system.

mod freshness;
mod rollback_journal;
mod write_ahead_log;

use super::super::conflict::{Conflict, Kind, SEES_OWN_PROCESS, first_conflict};
use super::super::evidence::{Evidence, PageOne, Part, Seen, Trouble, WalIndexFile};
use super::super::header::{self, Extent, Header};
use super::super::journal::Journal;
use super::super::lock::{self, LockState};
use super::super::log::{self, LogTail};
use super::super::stamp::{Stamp, Time};
use super::super::wal_index::{self, WalIndex, WalIndexHeader};
use super::not_regular;
#[cfg(not(target_os = "linux"))]
use super::reliance::Reliance;
use crate::descriptor::{Table, Watched, identity};
use crate::directory::Directory;
use crate::hint::Name;
use crate::identity::Identity;
use crate::location::Location;
use crate::mount;
use crate::open_files;
use crate::sessions::{SessionCount, Sessions};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::AtFlags;
use rustix::io::Errno;
use std::ffi::{CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;
#[cfg(not(target_os = "linux"))]
use std::time::{Duration, Instant};

/// The files of one database. At most three descriptors of its own: the database, the `-shm` and the `-wal`; and that of the
/// directory, which it shares with its neighbours.
#[derive(Debug)]
pub(crate) struct Files {
    table: Table,
    directory: Rc<Directory>,
    directory_path: PathBuf,
    database: Watched,
    identity: Identity,
    fine_times: bool,
    /// Where another host can write: what this kernel has cached is then asked for anew before each look.
    may_be_stale: bool,
    journal_name: CString,
    wal_name: CString,
    wal_index_name: CString,
    wal_index: Option<Watched>,
    /// The log that was there with it: after a last close both are still readable here. SQLite locks nothing in it.
    wal: Option<OwnedFd>,
    sessions: Rc<Sessions>,
    session_count: Option<SessionCount>,
    /// The tail of the log, as long as the file is the same.
    tail: Option<(Identity, Stamp, LogTail)>,
    /// Whether to believe a wal-index that perhaps only this process uses.
    #[cfg(not(target_os = "linux"))]
    reliance: Reliance,
}

/// Two clock ticks at 100 Hz, the slowest in use: file times of this age do not tie with a write made now.
const RIPE_NANOSECONDS: i128 = 20_000_000;

impl Files {
    pub(crate) fn open(
        table: &Table,
        sessions: &Rc<Sessions>,
        location: &Location,
    ) -> io::Result<Self> {
        let directory = table.open_directory(&location.directory)?;
        let name = c_name(&location.name);
        let stat = rustix::fs::statat(directory.as_fd(), &name, AtFlags::empty())?;
        if !is_regular(&stat) {
            return Err(not_regular());
        }
        let database = table.open_locked_file(directory.as_fd(), &name)?;
        open_files::leave_some_free(&database)?;
        let stat = rustix::fs::fstat(&database)?;
        if !is_regular(&stat) {
            return Err(not_regular());
        }
        Ok(Self {
            identity: identity(&stat),
            fine_times: mount::has_fine_times(&database),
            may_be_stale: mount::may_be_stale(&database),
            table: table.clone(),
            directory,
            directory_path: location.directory.clone(),
            database,
            journal_name: c_name(&location.sidecar("-journal")),
            wal_name: c_name(&location.sidecar("-wal")),
            wal_index_name: c_name(&location.sidecar("-shm")),
            wal_index: None,
            wal: None,
            sessions: Rc::clone(sessions),
            session_count: None,
            tail: None,
            #[cfg(not(target_os = "linux"))]
            reliance: Reliance::default(),
        })
    }

    /// Which file was opened.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// How much of the database is there.
    pub(crate) fn extent(&self) -> Extent {
        let mut bytes = [0; header::LENGTH];
        let read = rustix::io::pread(&self.database, &mut bytes, 0);
        let size = rustix::fs::fstat(&self.database).map(|stat| stamp(&stat).size);
        match (read, size) {
            (Ok(length), Ok(size)) => Extent::of(bytes.get(..length).unwrap_or_default(), size),
            // What is wrong with it is for a look to say.
            _ => Extent::Whole,
        }
    }

    /// Whether a sidecar exists.
    pub(crate) fn has_journal(&self) -> bool {
        rustix::fs::statat(self.directory.as_fd(), &self.journal_name, AtFlags::empty()).is_ok()
    }

    /// Whether somebody has this WAL database open, and its log is not at this name.
    ///
    /// A connection creates `-wal` and `-shm` beside the name that it was given: through a hard link, or where the file
    /// alone is mounted, that is another place. And they may be removed under it.
    pub(crate) fn is_open_elsewhere(&self) -> bool {
        let shared = |file, start, length| {
            first_conflict(file, Kind::Exclusive, start, length).is_ok_and(|conflict| {
                conflict.is_some_and(|conflict| conflict.kind == Kind::Shared)
            })
        };
        let exists = |name: &CString| {
            let found = rustix::fs::statat(self.directory.as_fd(), name, AtFlags::empty());
            !matches!(found, Err(Errno::NOENT))
        };
        // A name that another host has just made may be missing here for a while.
        !self.may_be_stale
            && match &self.wal_index {
                Some(file) => {
                    rustix::fs::fstat(file).is_ok_and(|stat| stat.st_nlink == 0)
                        && shared(file, lock::WAL_DMS, 1)
                }
                None => {
                    shared(&self.database, lock::SHARED, lock::SHARED_LENGTH)
                        && !exists(&self.wal_index_name)
                        && !exists(&self.wal_name)
                }
            }
    }

    /// Whether to believe a wal-index that perhaps only this process uses: its own locks are not to be seen here.
    #[cfg(not(target_os = "linux"))]
    fn relies_on_wal_index(&mut self) -> bool {
        let Ok(WalIndex::Valid(index)) = self.wal_index() else {
            return false;
        };
        let at = AtFlags::empty();
        let Ok(stat) = rustix::fs::statat(self.directory.as_fd(), &self.wal_name, at) else {
            return true;
        };
        let log = stamp(&stat);
        let written_ago = realtime() - log.modified.as_nanos();
        let written_ago = Duration::from_nanos(u64::try_from(written_ago).unwrap_or(0));
        let mut reliance = std::mem::take(&mut self.reliance);
        let holds = reliance.holds(index.commit, (log, written_ago), Instant::now(), || {
            self.log_or_error().ok().map(|tail| tail.commit)
        });
        self.reliance = reliance;
        holds
    }

    fn open_wal_index(&mut self) -> Seen<()> {
        if self.wal_index.is_none() {
            match self
                .table
                .open_locked_file(self.directory.as_fd(), &self.wal_index_name)
            {
                Ok(file) => {
                    self.wal_index = Some(file);
                    // Where there is no room for it, commits are counted as long as it has its name.
                    let has_room = |wal: &OwnedFd| open_files::leave_some_free(wal).is_ok();
                    self.wal = self.open_wal().ok().filter(has_room);
                }
                Err(Errno::NOENT) => {}
                Err(error) => return Err(Trouble::system(Part::WalIndex, error)),
            }
        }
        Ok(())
    }

    /// The lock on a byte of the `-shm` that a lock of this kind would conflict with.
    fn wal_index_lock(&self, kind: Kind, byte: i64) -> Seen<Option<Conflict>> {
        let Some(file) = &self.wal_index else {
            return Ok(None);
        };
        first_conflict(file, kind, byte, 1).map_err(|error| Trouble::system(Part::WalIndex, error))
    }
}

impl Evidence for Files {
    fn header(&mut self) -> Seen<Header> {
        self.renew(&self.database);
        let mut bytes = [0; header::LENGTH];
        let length = rustix::io::pread(&self.database, &mut bytes, 0).map_err(database)?;
        Ok(Header::decode(&bytes[..length]))
    }

    fn stamp(&mut self) -> Seen<Stamp> {
        self.renew(&self.database);
        Ok(stamp(&rustix::fs::fstat(&self.database).map_err(database)?))
    }

    fn sees_every_lock(&self) -> bool {
        SEES_OWN_PROCESS
    }

    fn lock(&mut self) -> Seen<LockState> {
        let conflict = first_conflict(&self.database, Kind::Shared, lock::PENDING, lock::LENGTH);
        let start = conflict.map_err(database)?.map(|conflict| conflict.start);
        Ok(LockState::from_conflict(start))
    }

    fn journal(&mut self) -> Journal {
        self.journal_or_error().unwrap_or_else(Journal::Unknown)
    }

    fn wal_index(&mut self) -> Seen<WalIndex> {
        self.open_wal_index()?;
        let Some(file) = &self.wal_index else {
            return Ok(WalIndex::Absent);
        };
        self.renew(file);
        let mut bytes = [0; wal_index::LENGTH];
        let length = rustix::io::pread(file, &mut bytes, 0)
            .map_err(|error| Trouble::system(Part::WalIndex, error))?;
        Ok(WalIndex::decode(&bytes[..length])?)
    }

    fn connected(&mut self) -> Seen<bool> {
        // Every connection holds the DMS byte shared: only a query for an exclusive lock conflicts with that.
        let conflict = self.wal_index_lock(Kind::Exclusive, lock::WAL_DMS)?;
        #[cfg(not(target_os = "linux"))]
        if conflict.is_none() && self.wal_index.is_some() {
            return Ok(self.relies_on_wal_index());
        }
        Ok(conflict.is_some_and(|conflict| conflict.kind == Kind::Shared))
    }

    fn wal_writer(&mut self) -> Seen<bool> {
        let locked = self
            .wal_index_lock(Kind::Shared, lock::WAL_WRITE)?
            .is_some();
        // One of this process is not to be seen everywhere: a header that is torn is its work, or will be made anew by
        // the next who reads.
        Ok(locked || (!SEES_OWN_PROCESS && self.wal_index()? == WalIndex::Torn))
    }

    fn wal_index_file(&mut self) -> Seen<Option<WalIndexFile>> {
        let Some(file) = &self.wal_index else {
            return Ok(None);
        };
        self.renew(file);
        let stat =
            rustix::fs::fstat(file).map_err(|error| Trouble::system(Part::WalIndex, error))?;
        Ok(Some(WalIndexFile {
            changed: stamp(&stat).changed,
            modified: Some(stamp(&stat).modified),
            linked: stat.st_nlink > 0,
        }))
    }

    fn release_wal_index(&mut self) {
        self.wal_index = None;
        self.wal = None;
    }

    fn mark_session(&mut self) {
        if self.session_count.is_none() {
            let names = [
                (&self.wal_name, Name::Wal),
                (&self.wal_index_name, Name::WalIndex),
                (&self.journal_name, Name::Journal),
            ];
            let names = names.map(|(bytes, name)| (bytes.as_bytes().to_vec(), name));
            self.session_count = SessionCount::start(&self.sessions, &self.directory_path, names);
        }
        if let Some(count) = &mut self.session_count {
            count.mark();
        }
    }

    fn unmark_session(&mut self) {
        self.session_count = None;
    }

    fn sessions_begun(&mut self) -> Option<u64> {
        self.session_count.as_ref()?.since_mark()
    }

    fn log(&mut self) -> Seen<LogTail> {
        self.log_or_error()
            .map_err(|error| Trouble::system(Part::Wal, error))
    }

    fn is_ripe(&mut self, stamp: Stamp) -> bool {
        let newest = stamp.modified.max(stamp.changed).as_nanos();
        // After a step of the clock times may lie in the future: a write now gets another one, too.
        self.fine_times || (realtime() - newest).abs() > RIPE_NANOSECONDS
    }

    fn has_log(&mut self) -> bool {
        rustix::fs::statat(self.directory.as_fd(), &self.wal_name, AtFlags::empty()).is_ok()
    }

    fn commit_frames(&mut self, first: u32, of: &WalIndexHeader) -> Option<u64> {
        self.in_log(|log| log::commit_frames(log, first, of))
    }

    fn commit_frames_after(&mut self, last: &WalIndexHeader) -> Option<u64> {
        self.in_log(|log| log::commit_frames_after(log, last))
    }

    fn page_one(&mut self, last: &WalIndexHeader) -> Option<PageOne> {
        let log = self.wal.as_ref()?;
        // First: who has removed it has written its frames.
        if rustix::fs::fstat(log).ok()?.st_nlink > 0 {
            return None;
        }
        self.renew(log);
        log::page_one(log, last).ok().flatten()
    }
}

fn stamp(stat: &rustix::fs::Stat) -> Stamp {
    let time = |seconds: i64, nanoseconds: Option<u32>| Time {
        seconds,
        nanoseconds: nanoseconds.unwrap_or(0),
    };
    Stamp {
        size: u64::try_from(stat.st_size).unwrap_or(0),
        modified: time(stat.st_mtime, u32::try_from(stat.st_mtime_nsec).ok()),
        changed: time(stat.st_ctime, u32::try_from(stat.st_ctime_nsec).ok()),
    }
}

fn is_regular(stat: &rustix::fs::Stat) -> bool {
    rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file()
}

/// `Location` has refused names with a NUL in them.
fn c_name(name: &OsStr) -> CString {
    CString::new(name.as_bytes()).unwrap_or_default()
}

fn realtime() -> i128 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
}

fn database(error: Errno) -> Trouble {
    Trouble::system(Part::Database, error)
}
