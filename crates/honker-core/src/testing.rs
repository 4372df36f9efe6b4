//! Hooks for this project's own tests (feature `test-hooks`; not part of the interface).

use crate::descriptor::Table;
use crate::error::{Error, Result};
#[cfg(target_os = "linux")]
use crate::hint::{Hint, replayed};
use crate::location::Location;
use crate::observer::files::Files;
use crate::observer::header::Header;
use crate::observer::wal_index::WalIndex;
use crate::observer::{self, Observer, journal, log};
use crate::position::Position;
#[cfg(target_os = "linux")]
use crate::sessions::SessionCount;
use crate::stats::Conservative;
use crate::thread;
#[cfg(target_os = "linux")]
use std::io;
#[cfg(target_os = "linux")]
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What a look on demand found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Look {
    /// Nothing was committed.
    Same,
    /// Commits, and why they could not be counted exactly, if they could not.
    Commits {
        /// How many, at least.
        commits: u64,
        /// Why that is a lower bound.
        inexact: Option<Conservative>,
    },
    /// A commit may be under way.
    Busy,
    /// Something that is not SQLite wrote the file.
    Overwritten,
    /// A system call failed.
    Failed,
}

/// An observer without a thread: it looks when it is told to, so that anything can happen between two looks.
///
/// It opens the files in the calling thread's descriptor table: do not use it in a process with a SQLite of its own.
#[derive(Debug)]
pub struct LookNow {
    observer: Observer<Files>,
    start: Instant,
}

impl LookNow {
    /// Opens a database and takes one look, as `open` does. Whatever was under way then counts as not yet committed.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let location = Location::resolve(path.as_ref())?;
        let files = Files::open(&Table::new(true), &Rc::default(), &location)
            .map_err(|error| Error::system(&location.path, "cannot open", error))?;
        let mut this = Self {
            observer: Observer::new(files),
            start: Instant::now(),
        };
        this.look();
        this.observer.rely_on_baseline();
        Ok(this)
    }

    /// Looks once.
    pub fn look(&mut self) -> Look {
        self.look_at(self.start.elapsed())
    }

    /// Looks once, as if it were `now` by a clock of the test's own, which must be ahead of the real one: then how
    /// fast the test runs changes nothing.
    pub fn look_at(&mut self, now: Duration) -> Look {
        match self.observer.look(now) {
            Ok(observer::Look::Same) => Look::Same,
            Ok(observer::Look::Commits(tally)) => Look::Commits {
                commits: tally.commits,
                inexact: tally.inexact,
            },
            Ok(observer::Look::Busy) => Look::Busy,
            Ok(observer::Look::Overwritten(_)) => Look::Overwritten,
            Err(_) => Look::Failed,
        }
    }

    /// Whether a starting state is recorded.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.observer.is_settled()
    }
}

/// Gives the bytes to everything that decodes what other processes write: none of it may panic, whatever they are.
pub fn decode(bytes: &[u8]) {
    let _ = Header::decode(bytes).describe();
    let _ = WalIndex::decode(bytes);
    let _ = journal::nonce(bytes);
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let _ = journal::super_journal(&bytes, size, &mut [0; journal::NAME]);
    if let Ok(tail) = log::tail(&bytes) {
        let _ = log::commit_frames(&bytes, 0, &tail.into());
    }
    let _ = String::from_utf8_lossy(bytes).parse::<Position>();
}

/// What was heard of two databases in one directory.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// Hints that a file was written.
    pub written: u64,
    /// Hints that a name appeared or went away.
    pub named: u64,
    /// Hints that events were lost.
    pub overflows: u64,
    /// Sessions of the first one that have begun; `None` where that is not known.
    pub sessions: Option<u64>,
}

/// Gives events of inotify to what reads them and to what counts sessions by them: none of it may panic, whatever they are.
/// An event is its watch (1 is a directory's, 2 a file's), four bytes of flags, the length of its name, and its name.
///
/// # Errors
///
/// The events cannot be sent: no descriptor is left.
#[cfg(target_os = "linux")]
pub fn hear(events: &[u8]) -> io::Result<Heard> {
    let (kernel, hints) = UnixDatagram::pair()?;
    let (kernel_of_sessions, hints_of_sessions) = UnixDatagram::pair()?;
    hints.set_nonblocking(true)?;
    hints_of_sessions.set_nonblocking(true)?;
    let mut hints = replayed::hints(hints.into(), &[0, 1]);
    let mut sessions = SessionCount::replaying(replayed::hints(hints_of_sessions.into(), &[0]), 0);
    let mut heard = Heard {
        sessions: Some(0),
        ..Heard::default()
    };
    for datagram in replayed::datagrams(events) {
        kernel.send(&datagram)?;
        while hints.drain(|hint| match hint {
            Hint::Written(_) => heard.written += 1,
            Hint::Appeared(..) | Hint::Vanished(..) => heard.named += 1,
            Hint::Overflow => heard.overflows += 1,
        }) {}
        kernel_of_sessions.send(&datagram)?;
        let begun = sessions.since_mark();
        heard.sessions = heard.sessions.zip(begun).map(|(all, more)| all + more);
        sessions.mark();
    }
    Ok(heard)
}

/// The next observer thread behaves as if the kernel had refused it a descriptor table of its own.
pub fn refuse_private_table(refuse: bool) {
    thread::registry::REFUSE_PRIVATE_TABLE.store(refuse, Ordering::SeqCst);
}

/// The observer thread ends while it still has watchers, as it would by a defect.
pub fn end_observer_thread() {
    thread::registry::end_the_thread();
}

/// The operating system's file events are thrown away, so that only sweeps find commits.
pub fn suppress_hints(suppress: bool) {
    thread::SUPPRESS_HINTS.store(suppress, Ordering::SeqCst);
}
