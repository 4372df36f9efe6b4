//! The evidence of a simulated database, whose writers may move before any call.

use super::super::evidence::{Evidence, PageOne, Seen, WalIndexFile};
use super::super::header::Header;
use super::super::journal::Journal;
use super::super::lock::LockState;
use super::super::log::LogTail;
use super::super::stamp::Stamp;
use super::super::wal_index::{WalIndex, WalIndexHeader};
use super::cast::Move;
use super::world::{PAGE_SIZE, Users, WalFile, World};
use super::writers::Writers;
use std::fmt;
use std::io;

/// One interruption of a look: before this call these moves are made.
pub(super) type Interruption = (usize, Vec<Move>);

#[derive(Clone)]
pub(super) struct Simulated {
    pub(super) world: World,
    pub(super) writers: Writers,
    /// How long a step takes, in nanoseconds.
    pub(super) pace: u64,
    /// Which `-shm` is held.
    held: Option<usize>,
    /// Which `-wal` was there with it: so many were removed before.
    held_wal: Option<usize>,
    /// Whether directory events can be had, and their count at the mark.
    events: bool,
    mark: Option<u64>,
    /// Where the look under way is interrupted, and which calls it has made.
    pub(super) plan: Vec<Interruption>,
    pub(super) calls: Vec<&'static str>,
}

impl Simulated {
    pub(super) fn new(world: World, writers: Writers, pace: u64, events: bool) -> Self {
        Self {
            world,
            writers,
            pace,
            held: None,
            held_wal: None,
            events,
            mark: None,
            plan: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// What another observer begins with that opens the same files.
    pub(super) fn restarted(&self) -> Self {
        Self {
            held: None,
            held_wal: None,
            mark: None,
            plan: Vec::new(),
            calls: Vec::new(),
            ..self.clone()
        }
    }

    /// Makes one move.
    pub(super) fn step(&mut self, step: Move) {
        self.world.now += self.pace;
        self.writers.make(step, &mut self.world);
    }

    /// The log that is held, or the one that has the name.
    fn readable_wal(&self) -> Option<&WalFile> {
        let removed = self.held_wal.and_then(|at| self.world.removed_wals.get(at));
        removed.or(self.world.wal.as_ref())
    }

    /// The world at the moment of a call.
    fn at_call(&mut self, name: &'static str) -> &mut World {
        if !self.plan.is_empty() {
            let due = self.plan.iter().find(|(call, _)| *call == self.calls.len());
            for step in due.map(|(_, moves)| moves.clone()).unwrap_or_default() {
                self.step(step);
            }
        }
        self.calls.push(name);
        &mut self.world
    }
}

impl Evidence for Simulated {
    fn header(&mut self) -> Seen<Header> {
        Ok(self.at_call("header").header())
    }

    fn stamp(&mut self) -> Seen<Stamp> {
        Ok(self.at_call("stamp").ask_database_stamp())
    }

    fn lock(&mut self) -> Seen<LockState> {
        Ok(self.at_call("lock").lock)
    }

    fn journal(&mut self) -> Journal {
        let world = self.at_call("journal");
        match world.journal {
            None => Journal::Absent,
            Some(_) if world.journal_unreadable => {
                Journal::Unknown(io::ErrorKind::PermissionDenied.into())
            }
            Some(journal) if world.is_journal_hot() => Journal::Hot {
                nonce: journal.nonce,
            },
            Some(_) => Journal::Cold,
        }
    }

    fn wal_index(&mut self) -> Seen<WalIndex> {
        self.at_call("wal_index");
        if self.held.is_none() {
            self.held = self.world.wal_index;
            let has_log = self.held.is_some() && self.world.wal.is_some();
            self.held_wal = has_log.then_some(self.world.removed_wals.len());
        }
        Ok(match self.held.map(|at| &self.world.inodes[at]) {
            None => WalIndex::Absent,
            Some(inode) => inode
                .valid()
                .map_or(WalIndex::Torn, |published| WalIndex::Valid(published.index)),
        })
    }

    fn connected(&mut self) -> Seen<bool> {
        self.at_call("connected");
        let held = self.held.map(|at| &self.world.inodes[at]);
        Ok(held.is_some_and(|inode| inode.used == Users::All))
    }

    fn wal_writer(&mut self) -> Seen<bool> {
        self.at_call("wal_writer");
        let held = self.held.map(|at| &self.world.inodes[at]);
        Ok(held.is_some_and(|inode| inode.writer))
    }

    fn wal_index_file(&mut self) -> Seen<Option<WalIndexFile>> {
        self.at_call("wal_index_file");
        Ok(self.held.map(|at| WalIndexFile {
            changed: self.world.ask_wal_index_times(at).changed,
            modified: Some(self.world.ask_wal_index_times(at).modified),
            linked: self.world.inodes[at].linked,
        }))
    }

    fn release_wal_index(&mut self) {
        self.held = None;
        self.held_wal = None;
    }

    fn mark_session(&mut self) {
        self.mark = Some(self.at_call("mark_session").sessions_begun.sessions());
    }

    fn unmark_session(&mut self) {
        self.mark = None;
    }

    fn sessions_begun(&mut self) -> Option<u64> {
        let created = self.at_call("sessions_begun").sessions_begun.sessions();
        Some(created - self.mark?).filter(|_| self.events)
    }

    fn log(&mut self) -> Seen<LogTail> {
        let wal = self.at_call("log").wal.as_ref();
        let (last_frame, commit, _) = wal.and_then(WalFile::tail).unwrap_or_default();
        Ok(match wal {
            Some(wal) if wal.salt != 0 => LogTail {
                commit,
                last_frame,
                page_size: PAGE_SIZE,
                salt: wal.salt,
            },
            _ => LogTail::default(),
        })
    }

    fn is_ripe(&mut self, stamp: Stamp) -> bool {
        self.at_call("is_ripe").is_ripe(stamp)
    }

    fn has_log(&mut self) -> bool {
        self.at_call("has_log").wal.is_some()
    }

    fn commit_frames(&mut self, first: u32, of: &WalIndexHeader) -> Option<u64> {
        self.at_call("commit_frames");
        let frames = self
            .readable_wal()?
            .frames
            .get(first.max(1) as usize - 1..of.last_frame as usize)?;
        if frames.iter().any(|frame| frame.salt != of.salt) {
            return None;
        }
        let commits = frames.iter().filter(|frame| frame.commit.is_some());
        Some(commits.count() as u64)
    }

    fn commit_frames_after(&mut self, last: &WalIndexHeader) -> Option<u64> {
        self.at_call("commit_frames_after");
        self.readable_wal()?.commits_after(last)
    }

    fn page_one(&mut self, last: &WalIndexHeader) -> Option<PageOne> {
        self.at_call("page_one");
        let log = self
            .held_wal
            .and_then(|at| self.world.removed_wals.get(at))?;
        if log.salt == 0 {
            return (last.last_frame == 0).then_some(PageOne::Untouched);
        }
        if log.salt != last.salt || last.last_frame == 0 || log.commits_after(last)? > 0 {
            return None;
        }
        log.up_to(last)?;
        let counter = log.counter(last).map(PageOne::Counter);
        Some(counter.unwrap_or(PageOne::Untouched))
    }
}

/// What tells two situations apart: not the script, nor how a look is interrupted.
impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            world,
            writers,
            held,
            held_wal,
            mark,
            ..
        } = self;
        write!(f, "{writers:?} {held:?} {held_wal:?} {mark:?} {world:?}")
    }
}
