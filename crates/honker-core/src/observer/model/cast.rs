//! Several processes at one database, each of which follows SQLite's rules: what it does next depends on what the others
//! have done, and it waits for their locks. Each may die before any of its steps.

mod rules;

use super::rollback::End;
use super::step::Step;
use super::wal::Kind;
use super::world::{Image, Published, Users, World};
use crate::observer::lock::LockState;
use std::fmt;
use std::rc::Rc;

/// What a process does, one after the other. It takes as many steps as SQLite needs where things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Opens a connection to the log: the first one cuts the wal-index, and whoever finds it torn recovers it.
    Open,
    /// Commits to the log, with so many frames. A log that is all in the database begins anew.
    Commit { frames: usize },
    /// Writes a frame and rolls back.
    Undo,
    /// Writes the log into the database; TRUNCATE also empties it.
    Checkpoint(Kind),
    /// Closes its connection: the last one takes log and wal-index away.
    Close,
    /// A transaction with a rollback journal; whoever finds a hot one plays it back first.
    Transaction { how: End, synchronous: bool },
    /// The same, spilled and rolled back.
    Spilled(End),
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// This process makes a step.
    Step(usize),
    /// It dies: its locks go, the files stay.
    Die(usize),
}

/// What the kernel and the process's own memory hold of one process.
#[derive(Clone, Debug, Default)]
struct Process {
    /// Which act is next.
    at: usize,
    /// What is left of the last one, in reverse.
    queue: Vec<Step>,
    /// It holds its SHARED lock on the database, so that nobody closes the log for good.
    open: bool,
    /// It holds the DMS lock.
    uses_index: bool,
    dead: bool,
    own: Published,
    written: usize,
    before: Image,
}

/// Who holds what; no two processes hold the same.
#[derive(Clone, Debug, Default)]
struct Held {
    database: Option<usize>,
    write: Option<usize>,
    checkpoint: Option<usize>,
    dms: Option<usize>,
}

#[derive(Clone)]
pub(super) struct Cast {
    acts: Rc<[Vec<Act>]>,
    processes: Vec<Process>,
    held: Held,
    /// The header of the log that was last written into the database as a whole.
    backfilled: Option<Published>,
    /// How many may still die.
    deaths: usize,
    /// Nobody dies between the two copies of a wal-index header.
    keeps_index_whole: bool,
}

/// What a process does next, if nothing is in its way.
struct Due {
    step: Step,
    /// What comes after it, in reverse.
    queue: Vec<Step>,
    at: usize,
    /// It begins something new, and so looks at the header again.
    fresh: bool,
    joins: bool,
}

impl Cast {
    pub(super) fn new(acts: Vec<Vec<Act>>, deaths: usize) -> Self {
        Self {
            processes: vec![Process::default(); acts.len()],
            acts: acts.into(),
            held: Held::default(),
            backfilled: None,
            deaths,
            keeps_index_whole: false,
        }
    }

    /// The same, but nobody dies between the two copies of a wal-index header.
    pub(super) fn keeping_index_whole(self) -> Self {
        Self {
            keeps_index_whole: true,
            ..self
        }
    }

    pub(super) fn moves(&self, world: &World) -> Vec<Move> {
        let all = 0..self.processes.len();
        let steps = all
            .clone()
            .filter(|who| self.due(*who, world).is_some())
            .map(Move::Step);
        let tears = |who| {
            let is_torn = world.wal_index.is_some() && rules::published(world).is_none();
            self.keeps_index_whole && is_torn && self.held.write == Some(who)
        };
        let deaths = all.filter(|who| self.deaths > 0 && self.matters(*who) && !tears(*who));
        steps.chain(deaths.map(Move::Die)).collect()
    }

    /// Whether its death would make a difference.
    fn matters(&self, who: usize) -> bool {
        let process = &self.processes[who];
        !process.dead && (process.open || !process.queue.is_empty())
    }

    pub(super) fn describe(&self, next: Move, world: &World) -> String {
        match next {
            Move::Step(who) => {
                let due = self.due(who, world);
                format!("{who}: {:?}", due.map(|due| due.step))
            }
            Move::Die(who) => format!("{who} dies"),
        }
    }

    /// # Panics
    /// If something is in its way.
    pub(super) fn make(&mut self, next: Move, world: &mut World) {
        match next {
            Move::Step(who) => {
                let due = self.due(who, world).expect("a move that can be made");
                self.step(who, due, world);
            }
            Move::Die(who) => self.die(who, world),
        }
    }

    fn step(&mut self, who: usize, due: Due, world: &mut World) {
        let step = due.step;
        let process = &mut self.processes[who];
        process.queue = due.queue;
        process.at = due.at;
        process.uses_index |= due.joins;
        process.open |= !matches!(step, Step::Lock(_)) || process.uses_index;
        if due.fresh
            && let Some(published) = rules::published(world)
        {
            process.own = published;
        }
        world.own = process.own;
        world.written = process.written;
        world.before = process.before;
        if step == Step::LeaveIndex {
            // Those who stay hold the lock, too.
            process.uses_index = false;
            process.open = self.held.database == Some(who);
            self.share_index(world);
            world.see();
            return;
        }
        step.apply(world);
        process.own = world.own;
        process.written = world.written;
        process.before = world.before;
        self.note(who, step, world);
    }

    /// Notes which lock the step took or gave back.
    fn note(&mut self, who: usize, step: Step, world: &mut World) {
        let process = &mut self.processes[who];
        match step {
            Step::Lock(LockState::Free) => {
                self.held.database = None;
                // With a rollback journal, and after the last close, nothing is left of it.
                process.open = process.uses_index;
            }
            Step::Lock(_) => self.held.database = Some(who),
            Step::BeginWrite => self.held.write = Some(who),
            Step::EndWrite => {
                self.held.write = None;
                self.held.checkpoint = self.held.checkpoint.filter(|holder| *holder != who);
            }
            Step::UseIndex => self.held.dms = Some(who),
            Step::ShareIndex => {
                self.held.dms = None;
                process.uses_index = true;
            }
            Step::Page if world.is_wal() => self.held.checkpoint = Some(who),
            Step::Checkpoint => {
                let own = process.own;
                if rules::published(world) == Some(own) {
                    self.backfilled = Some(own);
                }
                if self.held.write != Some(who) {
                    self.held.checkpoint = None;
                }
            }
            _ => {}
        }
    }

    fn die(&mut self, who: usize, world: &mut World) {
        self.deaths -= 1;
        let process = &mut self.processes[who];
        process.dead = true;
        process.queue.clear();
        process.open = false;
        process.uses_index = false;
        let held = &mut self.held;
        if held.database == Some(who) {
            held.database = None;
            world.lock = LockState::Free;
        }
        if held.write == Some(who) {
            held.write = None;
            if let Some(inode) = world.inodes.last_mut() {
                inode.writer = false;
            }
        }
        held.checkpoint = held.checkpoint.filter(|holder| *holder != who);
        held.dms = held.dms.filter(|holder| *holder != who);
        self.share_index(world);
        world.see();
    }

    /// The DMS lock as those who are left hold it.
    fn share_index(&self, world: &mut World) {
        let shared = self.processes.iter().any(|process| process.uses_index);
        if let Some(inode) = world.inodes.last_mut() {
            inode.used = match (self.held.dms, shared) {
                (Some(_), _) => Users::First,
                (None, true) => Users::All,
                (None, false) => Users::Nobody,
            };
        }
    }
}

/// What tells two situations apart: not what they are going to do.
impl fmt::Debug for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processes,
            held,
            backfilled,
            deaths,
            ..
        } = self;
        write!(f, "{processes:?} {held:?} {backfilled:?} {deaths}")
    }
}
