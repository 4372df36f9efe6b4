//! The writer's steps: each is one system call, or one store to shared memory, that an observer could tell apart.

use super::super::header::Fields;
use super::super::lock::LockState;
use super::world::{
    Frame, Image, JournalFile, PAGE_SIZE, Published, Users, WalFile, WalIndexInode, World,
};
use crate::hint::Name;

/// One step of a writer. What SQLite does in one go without touching a file is not a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// SQLite's lock on the database becomes this one.
    Lock(LockState),
    /// The process dies: all of its locks go, the files stay.
    Kill,
    /// One of two processes dies, in the middle of its transaction.
    KillWriter,
    /// Time passes: this many milliseconds.
    Wait(u64),
    /// chmod and the like: ctime moves.
    Chmod,

    /// A journal is created or begun again; with its magic at once (synchronous=OFF) or not yet.
    Journal { magic: bool },
    /// The journal is synced and gets its magic.
    Magic,
    /// The journal is deleted.
    Unlink,
    /// The journal is cut or its header zeroed.
    Cool,
    /// The super-journal that the journal names is deleted.
    SuperGone,
    /// The journal becomes unreadable, or readable again.
    Unreadable(bool),
    /// Page 1 with the change counter moved: the commit itself, but for the journal.
    Page1,
    /// The same without moving the counter: a later commit under `locking_mode=EXCLUSIVE`.
    Uncounted,
    /// Page 1 with byte 19 changed: a switch to or from WAL.
    Switch { wal: bool },
    /// Page 1 with another page size: a VACUUM after `PRAGMA page_size`.
    Resize,
    /// Any other page of the database.
    Page,
    /// Page 1 is put back as it was (or the file cut to nothing, if it was empty).
    Restore,

    /// `-wal` is created, empty.
    CreateWal,
    /// `-shm` is created, empty.
    CreateIndex,
    /// The DMS lock is taken, exclusively: nobody else holds it.
    UseIndex,
    /// The DMS lock is shared from now on.
    ShareIndex,
    /// The `-shm` is cut to 3 bytes.
    CutIndex,
    /// The WRITE lock is taken; the header is copied.
    BeginWrite,
    /// A connection without a `-shm` (`locking_mode=EXCLUSIVE`) reads the log.
    ReadLog,
    /// The second copy of the wal-index header is what recovery finds in the log.
    Recover,
    /// The second copy of the wal-index header says that the log begins again from its first frame, with other salts.
    Restart,
    /// The header of `-wal` is written.
    LogHeader,
    /// A frame is written.
    Frame { commit: bool },
    /// The second copy of the wal-index header.
    SecondCopy,
    /// The first copy of the wal-index header: what it says is public.
    FirstCopy,
    /// The WRITE lock is released.
    EndWrite,
    /// The log is written into the database.
    Checkpoint,
    /// `-wal` is cut to 0 bytes.
    TruncateWal,
    /// `-shm` is unlinked.
    UnlinkIndex,
    /// The DMS lock is released.
    LeaveIndex,
    /// `-wal` is removed.
    RemoveWal,
}

impl Step {
    /// Whether the operating system tells of it: never of `-shm`'s content, nor of locks.
    fn makes_event(self) -> bool {
        matches!(
            self,
            Self::Journal { .. }
                | Self::Magic
                | Self::Unlink
                | Self::Cool
                | Self::Page1
                | Self::Uncounted
                | Self::Switch { .. }
                | Self::Resize
                | Self::Page
                | Self::Restore
                | Self::CreateWal
                | Self::LogHeader
                | Self::Frame { .. }
                | Self::Checkpoint
                | Self::TruncateWal
                | Self::RemoveWal
        )
    }

    pub(super) fn apply(self, world: &mut World) {
        world.events += u64::from(self.makes_event());
        match self {
            Self::Lock(lock) => {
                if lock == LockState::Reserved {
                    world.before = world.database;
                }
                world.lock = lock;
            }
            Self::Kill => {
                world.lock = LockState::Free;
                for inode in &mut world.inodes {
                    inode.used = Users::Nobody;
                    inode.writer = false;
                }
            }
            Self::KillWriter => {
                world.lock = LockState::Free;
                for inode in &mut world.inodes {
                    inode.writer = false;
                }
            }
            Self::Wait(milliseconds) => world.now += milliseconds * 1_000_000,
            Self::Chmod => {
                let modified = world.database_times.modified;
                world.write_database();
                world.database_times.modified = modified;
            }
            Self::Journal { .. }
            | Self::Magic
            | Self::Unlink
            | Self::Cool
            | Self::SuperGone
            | Self::Unreadable(_) => self.apply_to_journal(world),
            Self::Page1 => commit_page(world, |fields| fields.counter += 1),
            Self::Uncounted => commit_page(world, |_| ()),
            Self::Switch { wal } => commit_page(world, |fields| {
                fields.counter += 1;
                fields.wal = wal;
            }),
            Self::Resize => commit_page(world, |fields| {
                fields.counter += 1;
                fields.page_size *= 2;
            }),
            Self::Page => world.write_database(),
            Self::Restore => {
                world.database = world.journal.map_or(world.before, |journal| journal.before);
                world.write_database();
            }
            _ => self.apply_to_log(world),
        }
        world.see();
    }

    fn apply_to_journal(self, world: &mut World) {
        let nonce = u32::try_from(world.unique()).unwrap();
        let before = world.database;
        let journal = &mut world.journal;
        match self {
            Self::Journal { magic } => {
                if journal.is_none() {
                    world.sessions_begun.appeared(Name::Journal);
                }
                *journal = Some(JournalFile {
                    magic,
                    nonce,
                    before,
                    super_gone: false,
                });
            }
            Self::Magic => journal.as_mut().unwrap().magic = true,
            Self::Unlink => *journal = None,
            Self::Cool => journal.as_mut().unwrap().magic = false,
            Self::SuperGone => journal.as_mut().unwrap().super_gone = true,
            Self::Unreadable(unreadable) => world.journal_unreadable = unreadable,
            _ => unreachable!(),
        }
    }

    fn apply_to_log(self, world: &mut World) {
        match self {
            Self::CreateWal => {
                if world.wal.is_none() {
                    world.wal = Some(WalFile::default());
                    world.sessions_begun.appeared(Name::Wal);
                }
            }
            Self::ReadLog => recover(world),
            Self::Recover => {
                recover(world);
                Self::SecondCopy.apply_to_index(world);
            }
            Self::Restart => {
                world.own.index.last_frame = 0;
                world.own.index.salt = world.next_salt(world.own.index.salt);
                Self::SecondCopy.apply_to_index(world);
            }
            Self::LogHeader => {
                let old = world.wal.as_ref().unwrap().salt;
                let was_restarted = ![0, old].contains(&world.own.index.salt);
                if !was_restarted {
                    world.own.index.salt = world.random_salt();
                }
                world.wal.as_mut().unwrap().salt = world.own.index.salt;
            }
            Self::Frame { commit } => write_frame(world, commit),
            Self::Checkpoint => {
                world.database.commits = world.own.commits.max(world.database.commits);
                let log = world.wal.as_ref();
                if let Some(counter) = log.and_then(|log| log.counter(&world.own.index)) {
                    world.database.fields.as_mut().unwrap().counter = counter;
                }
                world.write_database();
            }
            Self::TruncateWal => world.wal = Some(WalFile::default()),
            Self::RemoveWal => {
                world.removed_wals.extend(world.wal.take());
                world.sessions_begun.vanished();
            }
            _ => self.apply_to_index(world),
        }
    }

    fn apply_to_index(self, world: &mut World) {
        if self == Self::CreateIndex {
            if world.wal_index.is_none() {
                world.wal_index = Some(world.inodes.len());
                world.inodes.push(WalIndexInode {
                    linked: true,
                    ..WalIndexInode::default()
                });
                world.touch_wal_index(world.inodes.len() - 1);
                world.sessions_begun.appeared(Name::WalIndex);
            }
            return;
        }
        if self == Self::UnlinkIndex {
            let at = world.wal_index.take().unwrap();
            world.inodes[at].linked = false;
            world.sessions_begun.vanished();
            // Its content stays, and so does its mtime.
            let modified = world.inodes[at].times.modified;
            world.touch_wal_index(at);
            world.inodes[at].times.modified = modified;
            return;
        }
        let own = world.own;
        // After its unlinking the last one made is still in use.
        let inode = world.inodes.last_mut().unwrap();
        match self {
            Self::UseIndex => inode.used = Users::First,
            Self::ShareIndex => inode.used = Users::All,
            Self::CutIndex => {
                inode.copies = [None, None];
                world.touch_wal_index(world.inodes.len() - 1);
            }
            Self::BeginWrite => {
                inode.writer = true;
                world.own = inode.valid().unwrap_or(own);
                world.written = 0;
            }
            Self::SecondCopy => inode.copies[1] = Some(own),
            Self::FirstCopy => inode.copies[0] = Some(own),
            Self::EndWrite => inode.writer = false,
            Self::LeaveIndex => inode.used = Users::Nobody,
            other => unreachable!("{other:?}"),
        }
    }
}

fn commit_page(world: &mut World, change: impl FnOnce(&mut Fields)) {
    let mut fields = world.database.fields.unwrap_or(Fields {
        wal: false,
        counter: 0,
        page_size: PAGE_SIZE,
        digest: 0,
    });
    change(&mut fields);
    // The same change made twice leaves the same header.
    fields.digest = u64::from(fields.counter);
    world.database = Image {
        fields: Some(fields),
        commits: world.database.commits + 1,
    };
    world.write_database();
}

/// The header that recovery writes: `iChange` is 0 again, the checksum is that of the last commit in the log.
fn recover(world: &mut World) {
    let mut found = Published {
        commits: world.database.commits,
        ..Published::default()
    };
    found.index.page_size = PAGE_SIZE;
    if let Some(wal) = &world.wal {
        found.index.salt = wal.salt;
        if let Some((last_frame, commit, commits)) = wal.tail() {
            found.index.last_frame = last_frame;
            found.index.commit = commit;
            found.commits = commits;
        }
    }
    world.own = found;
    world.written = 0;
}

/// Each other commit writes page 1.
fn write_frame(world: &mut World, commit: bool) {
    let sum = world.unique();
    let in_database = world.database.fields.map_or(0, |fields| fields.counter);
    let own = &mut world.own;
    let log = world.wal.as_mut().unwrap();
    let before = log.counter(&own.index).unwrap_or(in_database);
    let has_page_one = commit && own.commits % 2 == 1;
    let frames = &mut log.frames;
    let at = own.index.last_frame as usize + world.written;
    let frame = Frame {
        salt: own.index.salt,
        commit: commit.then_some((sum, own.commits + 1)),
        counter: has_page_one.then_some(before + 1),
        goes_on: true,
    };
    if at < frames.len() {
        frames[at] = frame;
        // The checksums behind it do not go on from here.
        frames[at + 1..]
            .iter_mut()
            .for_each(|old| old.goes_on = false);
    } else {
        frames.push(frame);
    }
    world.written += 1;
    if commit {
        own.index.last_frame = u32::try_from(at + 1).unwrap();
        own.index.change += 1;
        own.index.commit = sum;
        own.commits += 1;
        world.written = 0;
    }
}
