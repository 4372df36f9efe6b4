//! The simulated files and locks of one database, and what a new reader would find in them.

use super::super::header::{Fields, Header};
use super::super::lock::LockState;
use super::super::stamp::{Stamp, Time};
use super::super::wal_index::WalIndexHeader;
use crate::sessions::Begun;

pub(super) const PAGE_SIZE: u32 = 4096;
/// The clock tick of file times that are not fine-grained, in nanoseconds.
const TICK: u64 = 4_000_000;

/// How the file system gives out times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// No two changes tie.
    Strict,
    /// A change is sure of another time only if the time before it was asked for, and its time may be that of an earlier
    /// change of another file: the last one that was given out (Linux from 6.13, `inode_set_ctime_current`).
    OnDemand,
    /// Changes within a clock tick tie.
    Coarse,
}

/// What a database file says, and how many commits are in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    /// `None`: 0 bytes.
    pub(super) fields: Option<Fields>,
    pub(super) commits: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FileTimes {
    pub(super) modified: u64,
    pub(super) changed: u64,
    asked: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct JournalFile {
    pub(super) magic: bool,
    pub(super) nonce: u32,
    pub(super) before: Image,
    /// It names a super-journal that is gone.
    pub(super) super_gone: bool,
}

/// A wal-index header, and how many commits a reader sees with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Published {
    pub(super) index: WalIndexHeader,
    pub(super) commits: u64,
}

/// Who holds the DMS lock of a `-shm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Users {
    #[default]
    Nobody,
    /// Exclusively: a first connection is about to cut it.
    First,
    /// Shared: by connections at work.
    All,
}

#[derive(Clone, Debug, Default)]
pub(super) struct WalIndexInode {
    pub(super) linked: bool,
    pub(super) times: FileTimes,
    pub(super) copies: [Option<Published>; 2],
    /// The DMS lock.
    pub(super) used: Users,
    /// The WRITE lock.
    pub(super) writer: bool,
}

impl WalIndexInode {
    pub(super) fn valid(&self) -> Option<Published> {
        self.copies[0].filter(|_| self.copies[0] == self.copies[1])
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) salt: u64,
    /// Its checksum and the commits up to it, if it ends a commit.
    pub(super) commit: Option<(u64, u64)>,
    /// The change counter in it, if it is of page 1.
    pub(super) counter: Option<u32>,
    /// Whether its checksum goes on from the frame before it: not behind one that was overwritten.
    pub(super) goes_on: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct WalFile {
    /// 0: no header.
    pub(super) salt: u64,
    pub(super) frames: Vec<Frame>,
}

impl WalFile {
    /// The frames up to the last one of a header, if they are all of its log.
    pub(super) fn up_to(&self, last: &WalIndexHeader) -> Option<&[Frame]> {
        let frames = self.frames.get(..last.last_frame as usize)?;
        let is_this = frames.iter().all(|frame| frame.salt == last.salt);
        is_this.then_some(frames)
    }

    /// How many frames behind the last one of a header end a commit; `None` if that one is overwritten.
    pub(super) fn commits_after(&self, last: &WalIndexHeader) -> Option<u64> {
        let at = (last.last_frame as usize).checked_sub(1)?;
        let (first, rest) = self.frames.get(at..)?.split_first()?;
        let rest = rest.iter().take_while(|frame| frame.salt == last.salt);
        let commits = rest.filter(|frame| frame.commit.is_some()).count() as u64;
        (first.salt == last.salt).then_some(commits)
    }

    /// The change counter in the last page 1 among them.
    pub(super) fn counter(&self, last: &WalIndexHeader) -> Option<u32> {
        self.up_to(last)?
            .iter()
            .rev()
            .find_map(|frame| frame.counter)
    }

    /// The last commit that recovery would find: its frame number, checksum and commits.
    pub(super) fn tail(&self) -> Option<(u32, u64, u64)> {
        let valid = (1..)
            .zip(&self.frames)
            .take_while(|(_, frame)| self.salt != 0 && frame.salt == self.salt && frame.goes_on);
        valid
            .filter_map(|(number, frame)| frame.commit.map(|(sum, commits)| (number, sum, commits)))
            .last()
    }
}

#[derive(Clone, Debug)]
pub(super) struct World {
    times: Times,
    pub(super) now: u64,
    last_time: u64,
    pub(super) database: Image,
    pub(super) database_times: FileTimes,
    pub(super) lock: LockState,
    /// The database as the transaction found it.
    pub(super) before: Image,
    pub(super) journal: Option<JournalFile>,
    pub(super) journal_unreadable: bool,
    pub(super) wal: Option<WalFile>,
    /// Logs that lost their name: who holds one can still read it.
    pub(super) removed_wals: Vec<WalFile>,
    /// Steps of which the operating system tells: they wrote to a file that is watched, or made or removed a name.
    pub(super) events: u64,
    pub(super) sessions_begun: Begun,
    pub(super) inodes: Vec<WalIndexInode>,
    /// The `-shm` that has the name.
    pub(super) wal_index: Option<usize>,
    /// The writer's own copy of the wal-index header.
    pub(super) own: Published,
    /// Frames written since then.
    pub(super) written: usize,
    /// A source of nonces, salts and checksums.
    unique: u64,
    visible: u64,
}

impl World {
    pub(super) fn new(times: Times) -> Self {
        Self {
            times,
            now: 1_000_000_000,
            last_time: 0,
            database: Image::default(),
            database_times: FileTimes::default(),
            lock: LockState::Free,
            before: Image::default(),
            journal: None,
            journal_unreadable: false,
            wal: None,
            removed_wals: Vec::new(),
            events: 0,
            sessions_begun: Begun::default(),
            inodes: Vec::new(),
            wal_index: None,
            own: Published::default(),
            written: 0,
            unique: 0,
            visible: 0,
        }
    }

    /// A database with commits in it already.
    pub(super) fn with_database(times: Times, wal: bool) -> Self {
        let mut world = Self::new(times);
        world.database = Image {
            fields: Some(Fields {
                wal,
                counter: 7,
                page_size: PAGE_SIZE,
                digest: 7,
            }),
            commits: 7,
        };
        world.write_database();
        world.now += 1_000_000_000;
        world.see();
        world
    }

    pub(super) fn unique(&mut self) -> u64 {
        self.unique += 1;
        self.unique
    }

    /// Salts of a log that begins where there was none.
    pub(super) fn random_salt(&mut self) -> u64 {
        let random = self.unique();
        random << 48 | random
    }

    /// Salts of a log that begins anew: the first, big-endian, is one higher, the second random.
    pub(super) fn next_salt(&mut self, salt: u64) -> u64 {
        let first = u32::try_from(salt >> 32).unwrap();
        let next = u32::from_be(first).wrapping_add(1).to_be();
        u64::from(next) << 32 | self.unique()
    }

    /// The times of a file with these that is changed now.
    fn next_times(&mut self, before: FileTimes) -> FileTimes {
        let tick = self.now / TICK * TICK;
        let time = match self.times {
            Times::Strict => self.now,
            Times::Coarse => tick,
            Times::OnDemand => {
                let last = tick.max(self.last_time);
                if before.asked && last <= before.changed {
                    self.now
                } else {
                    last
                }
            }
        };
        self.last_time = self.last_time.max(time);
        FileTimes {
            modified: time,
            changed: time,
            asked: false,
        }
    }

    pub(super) fn write_database(&mut self) {
        self.database_times = self.next_times(self.database_times);
    }

    pub(super) fn touch_wal_index(&mut self, at: usize) {
        self.inodes[at].times = self.next_times(self.inodes[at].times);
    }

    pub(super) fn ask_database_stamp(&mut self) -> Stamp {
        self.database_times.asked = true;
        let pages = u64::from(self.database.fields.is_some());
        Stamp {
            size: pages * u64::from(PAGE_SIZE),
            modified: time(self.database_times.modified),
            changed: time(self.database_times.changed),
        }
    }

    pub(super) fn ask_wal_index_times(&mut self, at: usize) -> Stamp {
        let times = &mut self.inodes[at].times;
        times.asked = true;
        Stamp {
            size: 0,
            modified: time(times.modified),
            changed: time(times.changed),
        }
    }

    pub(super) fn is_ripe(&self, stamp: Stamp) -> bool {
        let newest = stamp.modified.max(stamp.changed).as_nanos();
        self.times != Times::Coarse || i128::from(self.now) - newest > i128::from(2 * TICK)
    }

    pub(super) fn header(&self) -> Header {
        self.database.fields.map_or(Header::Empty, Header::Database)
    }

    pub(super) fn is_journal_hot(&self) -> bool {
        let empty = self.database.fields.is_none();
        self.journal
            .is_some_and(|journal| journal.magic && !journal.super_gone && !empty)
    }

    pub(super) fn is_wal(&self) -> bool {
        self.header().is_wal()
    }

    /// How many commits a new reader sees. As long as one would have to wait, what it saw before.
    pub(super) fn visible(&self) -> u64 {
        self.visible
    }

    /// Brings `visible` up to date after a step.
    pub(super) fn see(&mut self) {
        if let Some(commits) = self.readable() {
            assert!(commits >= self.visible, "the script undoes a commit");
            self.visible = commits;
        }
    }

    fn readable(&self) -> Option<u64> {
        if self.lock == LockState::Held {
            return None;
        }
        // Under RESERVED the journal is that of a transaction that has not written yet.
        let is_ours = self.lock == LockState::Free;
        if is_ours && self.is_journal_hot() {
            return Some(self.journal.map_or(0, |journal| journal.before.commits));
        }
        if !self.is_wal() {
            return Some(self.database.commits);
        }
        let tail = self.wal.as_ref().and_then(WalFile::tail);
        let recovered = tail.map_or(self.database.commits, |(_, _, commits)| commits);
        match self.wal_index.map(|at| &self.inodes[at]) {
            None => Some(recovered),
            Some(inode) => match (inode.used, inode.valid()) {
                (Users::Nobody, _) => Some(recovered),
                (Users::First, _) => None,
                (Users::All, Some(published)) => Some(published.commits),
                (Users::All, None) => (!inode.writer).then_some(recovered),
            },
        }
    }
}

fn time(nanoseconds: u64) -> Time {
    Time {
        seconds: i64::try_from(nanoseconds / 1_000_000_000).unwrap(),
        nanoseconds: u32::try_from(nanoseconds % 1_000_000_000).unwrap(),
    }
}
