//! The evidence in the real files of Windows.
//!
//! Files are opened, read and closed at each look, and everybody may rename and remove them meanwhile: an open handle
//! would keep a removed `-shm` half alive, so that no new one could be made, and a database from being replaced. Closing
//! drops nothing, because locks belong to handles.
//!
//! Windows can't be asked who holds a lock. What the rules do without is in `docs/platforms.md`.

use super::super::evidence::{Evidence, PageOne, Part, Seen, Trouble, WalIndexFile};
use super::super::header::{self, Extent, Header};
use super::super::journal::{self, Journal};
use super::super::lock::LockState;
use super::super::log::{self, LogTail};
use super::super::read_at::ReadAt;
use super::super::stamp::{Stamp, Time};
use super::super::wal_index::{self, WalIndex, WalIndexHeader};
use super::not_regular;
use super::reliance::Reliance;
use super::restraint::{Aftermath, Found, Restraint};
use crate::descriptor::Table;
use crate::identity::{self, Identity};
use crate::location::Location;
use crate::mount;
use crate::sessions::Sessions;
use honker_windows::{Attributes, Information};
use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::windows::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The files of one database, by their paths.
#[derive(Debug)]
pub(crate) struct Files {
    database: PathBuf,
    journal: PathBuf,
    wal: PathBuf,
    wal_index: PathBuf,
    identity: Identity,
    fine_times: bool,
    /// Which `-shm` is followed.
    followed: Option<Identity>,
    reliance: Reliance,
    restraint: Restraint,
    aftermath: Aftermath,
}

/// None is.
pub(crate) const SEES_EVERY_LOCK: bool = false;
/// The nonce is for those who see locks.
const UNDER_WAY: Journal = Journal::Hot { nonce: 0 };
/// Two ticks of the clock that files get their times from, and a little.
const RIPE_NANOSECONDS: i128 = 40_000_000;

impl Files {
    pub(crate) fn open(_: &Table, _: &Rc<Sessions>, location: &Location) -> io::Result<Self> {
        let database = location.join(&location.name);
        if !database.metadata()?.is_file() {
            return Err(not_regular());
        }
        let file = File::open(&database)?;
        Ok(Self {
            identity: identity::of(&Information::of(&file)?),
            fine_times: mount::has_fine_times(&location.directory),
            database,
            journal: location.join(&location.sidecar("-journal")),
            wal: location.join(&location.sidecar("-wal")),
            wal_index: location.join(&location.sidecar("-shm")),
            followed: None,
            reliance: Reliance::default(),
            restraint: Restraint::default(),
            aftermath: Aftermath::default(),
        })
    }

    /// Which file was opened.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// How much of the database is there.
    pub(crate) fn extent(&self) -> Extent {
        let read = || {
            let (file, information) = self.open_database()?;
            let mut bytes = [0; header::LENGTH];
            let length = file.read_at(&mut bytes, 0)?;
            Ok::<_, io::Error>(Extent::of(&bytes[..length], information.size))
        };
        // What is wrong with it is for a look to say.
        read().unwrap_or(Extent::Whole)
    }

    /// Whether a sidecar exists.
    pub(crate) fn has_journal(&self) -> bool {
        Attributes::of_path(&self.journal).is_ok()
    }

    /// Whether somebody has this WAL database open under another name: not to be known, where no lock can be seen.
    #[expect(clippy::unused_self, reason = "the other platforms look")]
    pub(crate) fn is_open_elsewhere(&self) -> bool {
        false
    }

    /// The file that was opened first. Another one at its place is none: the check of identity says what there is to say.
    fn open_database(&self) -> io::Result<(File, Information)> {
        let file = File::open(&self.database)?;
        let information = Information::of(&file)?;
        if identity::of(&information) != self.identity {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok((file, information))
    }

    /// The `-shm` that is followed, or the one at its place if none is; `None` if it is gone.
    fn open_wal_index(&self) -> io::Result<Option<(File, Information)>> {
        let Some(file) = if_there(File::open(&self.wal_index))? else {
            return Ok(None);
        };
        let information = Information::of(&file)?;
        let is_another = self
            .followed
            .is_some_and(|followed| followed != identity::of(&information));
        Ok((!is_another).then_some((file, information)))
    }

    fn wal_index_or_error(&mut self) -> io::Result<Option<([u8; wal_index::LENGTH], usize)>> {
        let Some((file, information)) = self.open_wal_index()? else {
            return Ok(None);
        };
        self.followed = Some(identity::of(&information));
        let mut bytes = [0; wal_index::LENGTH];
        let length = file.read_at(&mut bytes, 0)?;
        Ok(Some((bytes, length)))
    }

    fn journal_or_error(&mut self) -> io::Result<Journal> {
        // Without a handle.
        match if_there(Attributes::of_path(&self.journal))? {
            None => {
                self.restraint.is_gone();
                return Ok(Journal::Absent);
            }
            Some(Attributes { size: 0, .. }) => {
                self.restraint.is_gone();
                return Ok(Journal::Cold);
            }
            Some(journal) => {
                let looks = (journal.size, journal.modified);
                if !self.restraint.may_read(looks, Instant::now()) {
                    return Ok(UNDER_WAY);
                }
            }
        }
        match self.read_journal()? {
            None => {
                self.restraint.is_gone();
                Ok(Journal::Absent)
            }
            Some((journal, found)) => {
                self.restraint.was_read(found, Instant::now());
                Ok(journal)
            }
        }
    }

    /// `None`: it is gone.
    fn read_journal(&self) -> io::Result<Option<(Journal, Found)>> {
        let Some(file) = if_there(File::open(&self.journal))? else {
            return Ok(None);
        };
        let mut header = [0; journal::HEADER];
        let length = file.read_at(&mut header, 0)?;
        let Some(nonce) = journal::nonce(&header[..length]) else {
            let is_zeroed = length == header.len() && header.iter().all(|byte| *byte == 0);
            let found = if is_zeroed {
                Found::Zeroed
            } else {
                Found::Cold
            };
            return Ok(Some((Journal::Cold, found)));
        };
        let cold = Ok(Some((Journal::Cold, Found::Cold)));
        let hot = Ok(Some((Journal::Hot { nonce }, Found::Hot)));
        let (_, database) = self.open_database()?;
        if database.size == 0 {
            return cold;
        }
        let mut name = [0; journal::NAME];
        let name = journal::super_journal(&file, file.metadata()?.len(), &mut name)?;
        // SQLite's names are UTF-8 on Windows.
        let Some(Ok(name)) = name.map(CStr::to_str) else {
            return hot;
        };
        match if_there(Path::new(name).metadata())? {
            Some(_) => hot,
            None => cold,
        }
    }

    fn log_or_error(&self) -> io::Result<LogTail> {
        match if_there(File::open(&self.wal))? {
            // Not remembered by its times: while somebody has it open they stand still.
            Some(file) => log::tail(&file),
            None => Ok(LogTail::default()),
        }
    }

    /// Asks the log that is at its place: holding it would keep its name from being used again.
    fn in_log(&self, ask: impl Fn(&File) -> io::Result<Option<u64>>) -> Option<u64> {
        let log = File::open(&self.wal).ok()?;
        ask(&log).ok().flatten()
    }

    fn relies_on_wal_index(&mut self, published: u64) -> bool {
        let Ok(information) = Information::of_path(&self.wal) else {
            return true;
        };
        let log = stamp(&information);
        let written_ago = since_1970() - information.modified;
        let written_ago = Duration::from_nanos(u64::try_from(written_ago).unwrap_or(0));
        let mut reliance = std::mem::take(&mut self.reliance);
        let holds = reliance.holds(published, (log, written_ago), Instant::now(), || {
            self.log_or_error().ok().map(|tail| tail.commit)
        });
        self.reliance = reliance;
        holds
    }
}

impl Evidence for Files {
    fn sees_every_lock(&self) -> bool {
        SEES_EVERY_LOCK
    }

    fn header(&mut self) -> Seen<Header> {
        let read = || {
            let (file, _) = self.open_database()?;
            let mut bytes = [0; header::LENGTH];
            let length = file.read_at(&mut bytes, 0)?;
            Ok(Header::decode(&bytes[..length]))
        };
        read().map_err(|error: io::Error| Trouble::system(Part::Database, error))
    }

    fn stamp(&mut self) -> Seen<Stamp> {
        let opened = self.open_database();
        let (_, information) = opened.map_err(|error| Trouble::system(Part::Database, error))?;
        Ok(stamp(&information))
    }

    fn lock(&mut self) -> Seen<LockState> {
        Ok(LockState::Free)
    }

    fn journal(&mut self) -> Journal {
        let journal = self.journal_or_error().unwrap_or_else(Journal::Unknown);
        match journal {
            Journal::Absent | Journal::Cold if !self.aftermath.is_past(Instant::now()) => UNDER_WAY,
            Journal::Hot { .. } => {
                self.aftermath.is_not_yet();
                journal
            }
            _ => journal,
        }
    }

    fn wal_index(&mut self) -> Seen<WalIndex> {
        let read = self.wal_index_or_error();
        let read = read.map_err(|error| Trouble::system(Part::WalIndex, error))?;
        Ok(match read {
            None => WalIndex::Absent,
            Some((bytes, length)) => WalIndex::decode(&bytes[..length])?,
        })
    }

    fn connected(&mut self) -> Seen<bool> {
        Ok(match self.wal_index()? {
            WalIndex::Valid(index) => self.relies_on_wal_index(index.commit),
            WalIndex::Torn | WalIndex::Absent => false,
        })
    }

    fn wal_writer(&mut self) -> Seen<bool> {
        // A header that is torn is a writer's work, or will be made anew by the next who reads.
        Ok(self.wal_index()? == WalIndex::Torn)
    }

    fn wal_index_file(&mut self) -> Seen<Option<WalIndexFile>> {
        if self.followed.is_none() {
            return Ok(None);
        }
        let opened = self.open_wal_index();
        let opened = opened.map_err(|error| Trouble::system(Part::WalIndex, error))?;
        Ok(Some(match opened {
            Some((_, information)) => WalIndexFile {
                changed: stamp(&information).changed,
                // Not as long as somebody has it open.
                modified: None,
                linked: true,
            },
            // Nobody knows when: nothing that was written is explained by it.
            None => WalIndexFile {
                changed: Time::default(),
                modified: None,
                linked: false,
            },
        }))
    }

    fn release_wal_index(&mut self) {
        self.followed = None;
    }

    fn mark_session(&mut self) {}

    fn unmark_session(&mut self) {}

    fn sessions_begun(&mut self) -> Option<u64> {
        None
    }

    fn log(&mut self) -> Seen<LogTail> {
        self.log_or_error()
            .map_err(|error| Trouble::system(Part::Wal, error))
    }

    fn is_ripe(&mut self, stamp: Stamp) -> bool {
        let newest = stamp.modified.max(stamp.changed).as_nanos();
        self.fine_times || (since_1970() - newest).abs() > RIPE_NANOSECONDS
    }

    fn has_log(&mut self) -> bool {
        Attributes::of_path(&self.wal).is_ok()
    }

    fn commit_frames(&mut self, first: u32, of: &WalIndexHeader) -> Option<u64> {
        self.in_log(|log| log::commit_frames(log, first, of))
    }

    fn commit_frames_after(&mut self, last: &WalIndexHeader) -> Option<u64> {
        self.in_log(|log| log::commit_frames_after(log, last))
    }

    fn page_one(&mut self, _: &WalIndexHeader) -> Option<PageOne> {
        // None is held.
        None
    }
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.seek_read(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

fn if_there<T>(opened: io::Result<T>) -> io::Result<Option<T>> {
    match opened {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn stamp(information: &Information) -> Stamp {
    Stamp {
        size: information.size,
        modified: time(information.modified),
        changed: time(information.changed),
    }
}

fn time(nanoseconds: i128) -> Time {
    const SECOND: i128 = 1_000_000_000;
    Time {
        seconds: i64::try_from(nanoseconds.div_euclid(SECOND)).unwrap_or(0),
        nanoseconds: u32::try_from(nanoseconds.rem_euclid(SECOND)).unwrap_or(0),
    }
}

fn since_1970() -> i128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i128::try_from(now.as_nanos()).unwrap_or(i128::MAX))
}
