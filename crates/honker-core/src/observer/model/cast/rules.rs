//! SQLite's own rules: what a process does where things stand.

use super::super::rollback::{self, transaction};
use super::super::step::Step::{self, *};
use super::super::wal::Kind;
use super::super::world::{Published, Users, WalIndexInode, World};
use super::{Act, Cast, Due};
use crate::observer::lock::LockState::{Free, Held};

/// The header that readers find in the wal-index, if it is one.
pub(super) fn published(world: &World) -> Option<Published> {
    index(world).and_then(WalIndexInode::valid)
}

fn index(world: &World) -> Option<&WalIndexInode> {
    world.wal_index.map(|at| &world.inodes[at])
}

/// What an act comes to.
enum Way {
    /// These steps, and then it is done.
    Last(Vec<Step>),
    /// These, and then it is asked again.
    First(Vec<Step>),
    /// Nothing is left of it.
    Done,
    /// Somebody else has a lock that it needs.
    Blocked,
}

impl Cast {
    /// What a process does next; `None` if it waits, is done or dead.
    pub(super) fn due(&self, who: usize, world: &World) -> Option<Due> {
        let process = &self.processes[who];
        if process.dead {
            return None;
        }
        if let Some((step, rest)) = process.queue.split_last() {
            // Another may have been the first in between.
            if !(*step == UseIndex && index(world).is_none_or(|index| index.used != Users::Nobody))
            {
                return Some(Due {
                    step: *step,
                    queue: rest.to_vec(),
                    at: process.at,
                    fresh: false,
                    joins: false,
                });
            }
        }
        let acts = &self.acts[who];
        let mut joins = false;
        for (at, act) in acts.iter().enumerate().skip(process.at) {
            let uses_index = process.uses_index || joins;
            let (mut steps, at) = match self.way(who, *act, uses_index, world) {
                Way::Last(steps) => (steps, at + 1),
                Way::First(steps) => (steps, at),
                Way::Blocked => return None,
                Way::Done => {
                    joins |= *act == Act::Open;
                    continue;
                }
            };
            joins |= *act == Act::Open && is_shared(world);
            steps.reverse();
            let step = steps.pop()?;
            return Some(Due {
                step,
                queue: steps,
                at,
                fresh: true,
                joins,
            });
        }
        None
    }

    fn way(&self, who: usize, act: Act, uses_index: bool, world: &World) -> Way {
        match act {
            Act::Transaction { how, synchronous } => {
                begin_rollback(world, transaction(how, synchronous))
            }
            Act::Spilled(how) => begin_rollback(world, rollback::spilled(how)),
            Act::Open => open(uses_index, world),
            Act::Commit { .. } | Act::Undo | Act::Checkpoint(_) | Act::Close => {
                let others_write = self.held.write.is_some_and(|holder| holder != who);
                let Some(published) = published(world) else {
                    return if others_write {
                        Way::Blocked
                    } else {
                        Way::First(recovery())
                    };
                };
                match act {
                    Act::Close => self.close(who, published, world),
                    Act::Checkpoint(kind) => self.checkpoint(kind, published, world),
                    _ if others_write => Way::Blocked,
                    Act::Commit { frames } => Way::Last(self.write(frames, true, published)),
                    _ => Way::Last(self.write(1, false, published)),
                }
            }
        }
    }

    fn write(&self, frames: usize, commits: bool, published: Published) -> Vec<Step> {
        let mut steps = vec![BeginWrite];
        let is_empty = published.index.last_frame == 0;
        let begins_anew = !is_empty && self.backfilled == Some(published);
        if begins_anew {
            steps.extend([Restart, FirstCopy]);
        }
        if begins_anew || is_empty {
            steps.push(LogHeader);
        }
        for frame in 1..=frames {
            let commit = commits && frame == frames;
            steps.push(Frame { commit });
        }
        if commits {
            steps.extend([SecondCopy, FirstCopy]);
        }
        steps.push(EndWrite);
        steps
    }

    fn checkpoint(&self, kind: Kind, published: Published, world: &World) -> Way {
        let is_complete = published.commits == world.database.commits;
        if self.held.checkpoint.is_some() {
            return Way::Blocked;
        }
        match kind {
            Kind::Passive if is_complete => Way::Done,
            Kind::Passive => Way::Last(vec![Page, Checkpoint]),
            Kind::Truncate if self.held.write.is_some() => Way::Blocked,
            Kind::Truncate => {
                let mut steps = vec![BeginWrite];
                if !is_complete {
                    steps.extend([Page, Checkpoint]);
                }
                steps.extend([Restart, FirstCopy, TruncateWal, EndWrite]);
                Way::Last(steps)
            }
        }
    }

    fn close(&self, who: usize, published: Published, world: &World) -> Way {
        let mut others = (0..self.processes.len()).filter(|other| *other != who);
        if others.any(|other| self.processes[other].open) {
            return Way::Last(vec![LeaveIndex]);
        }
        let mut steps = vec![Lock(Held)];
        if published.commits != world.database.commits {
            steps.extend([Page, Checkpoint]);
        }
        steps.extend([UnlinkIndex, LeaveIndex, RemoveWal, Lock(Free)]);
        Way::Last(steps)
    }
}

fn is_shared(world: &World) -> bool {
    index(world).is_some_and(|index| index.used == Users::All)
}

fn open(uses_index: bool, world: &World) -> Way {
    if world.lock == Held {
        // Another closes the log for good.
        return Way::Blocked;
    }
    if world.wal.is_none() {
        return Way::First(vec![CreateWal]);
    }
    match index(world) {
        None => Way::First(vec![CreateIndex]),
        Some(index) => match index.used {
            Users::Nobody => Way::First(vec![UseIndex, CutIndex, ShareIndex]),
            Users::First => Way::Blocked,
            Users::All if index.valid().is_some() => Way::Done,
            Users::All if index.writer || !(uses_index || is_shared(world)) => Way::Blocked,
            Users::All => Way::First(recovery()),
        },
    }
}

fn recovery() -> Vec<Step> {
    vec![BeginWrite, Recover, FirstCopy, EndWrite]
}

fn begin_rollback(world: &World, steps: Vec<Step>) -> Way {
    if world.lock != Free {
        Way::Blocked
    } else if world.is_journal_hot() {
        Way::First(rollback::recovery())
    } else {
        Way::Last(steps)
    }
}
