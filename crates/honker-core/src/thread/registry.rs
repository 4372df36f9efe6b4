//! The observer threads of the process: one for everything local, and one for each file system that may hang. Each is
//! started by its first watcher, and gone with its last.

use super::mailbox::{Beginning, Mailbox, Purpose, Request, Settings};
use crate::backend::WatcherBackend;
use crate::bell::{self, Bell};
use crate::error::{Error, Reason};
use crate::identity;
use crate::mount;
use crate::process::PerProcess;
use crate::shared::Shared;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// For tests: behave as where the kernel refuses a private descriptor table.
pub(crate) static REFUSE_PRIVATE_TABLE: AtomicBool = AtomicBool::new(false);

/// The threads of a parent process do not exist in its children.
static OBSERVERS: PerProcess<Observers> = PerProcess::new(Observers::default);

/// How long `close` waits for the observer thread to let go, should a file system hang, and `open` for others to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// So many threads of a domain may be ending while another one starts. Each has up to two inotify instances, of which a user may have
/// 128, and the kernel takes some 20 ms to close one: 5,000 times `open` and `close` without this had 105 threads ending.
const ENDING_AT_ONCE: usize = 16;

#[derive(Debug, Default)]
struct Observers {
    threads: Mutex<Threads>,
    /// A thread has ended, or started.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Threads {
    running: Vec<Running>,
    /// Of these, and of those that were told to end and have not let go of everything.
    alive: Vec<Domain>,
}

impl Threads {
    /// Whether one more may start, or is not needed. Of those that hang, each domain has its own.
    fn have_room_for(&self, domain: Domain) -> bool {
        let alive = self.alive.iter().filter(|it| **it == domain);
        self.running.iter().any(|it| it.domain == domain) || alive.count() < ENDING_AT_ONCE
    }

    /// One that has died serves its other watchers no more.
    fn forget_the_dead(&mut self) {
        self.running.retain(|it| it.line.mailbox.is_open());
    }
}

/// On the thread, until it has let go of everything.
struct Alive(Domain);

impl Drop for Alive {
    fn drop(&mut self) {
        let mut threads = threads();
        if let Some(at) = threads.alive.iter().position(|it| *it == self.0) {
            threads.alive.swap_remove(at);
        }
        drop(threads);
        OBSERVERS.get().changed.notify_all();
    }
}

/// What a thread watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Domain {
    /// Every local file system.
    Local,
    /// One on which a system call may wait for another machine or process, by its device number: should it hang, only
    /// its own databases wait with it.
    Remote(u64),
    /// Whatever the `data-version` backend watches. SQLite's locks belong to its descriptor table, and what the observer
    /// closes in its own would drop them. All its connections have to share one table, so this thread never ends.
    Sqlite,
}

impl Domain {
    fn of(shared: &Shared) -> Self {
        if shared.requested == WatcherBackend::DataVersion && shared.requested.is_built() {
            return Self::Sqlite;
        }
        let directory = &shared.location.directory;
        match mount::of_path(directory) {
            Ok(file_system) if file_system.shared => {
                identity::of_path(directory).map_or(Self::Local, |found| Self::Remote(found.dev))
            }
            // What cannot be asked cannot be opened either.
            _ => Self::Local,
        }
    }

    /// At most 15 bytes: the kernel keeps no more.
    fn thread_name(self) -> &'static str {
        match self {
            Self::Local => "honker-observer",
            Self::Remote(_) => "honker-remote",
            Self::Sqlite => "honker-sqlite",
        }
    }
}

#[derive(Debug)]
struct Running {
    domain: Domain,
    line: Arc<Line>,
    watchers: usize,
}

/// The way to a running observer thread. A child made by `fork` must not use it: the bell would ring in the parent.
#[derive(Debug)]
pub(crate) struct Line {
    mailbox: Arc<Mailbox>,
    bell: Bell,
}

impl Line {
    fn start(path: &Path, domain: Domain) -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            Error::no_thread(path, "cannot start the observer thread to watch", error)
        };
        let (bell, ear) = bell::pair().map_err(failed)?;
        let mailbox = Arc::new(Mailbox::new());
        let theirs = Arc::clone(&mailbox);
        let refuse = REFUSE_PRIVATE_TABLE.load(Ordering::Relaxed);
        let name = domain.thread_name();
        bell::spawn(name, ear, refuse, move |started| {
            let _alive = Alive(domain);
            super::run(started.ear, &theirs, started.private);
        })
        .map_err(failed)?;
        Ok(Self { mailbox, bell })
    }

    fn ask<T>(
        &self,
        shared: &Shared,
        request: Request,
        answer: &Receiver<Result<T, Error>>,
    ) -> Result<T, Error> {
        self.mailbox.post(&self.bell, request);
        answer
            .recv()
            .unwrap_or_else(|_| Err(Error::at(&shared.location.path, Reason::ObserverGone)))
    }

    /// Looks at the database and says what has been seen up to now.
    pub(crate) fn look(&self, shared: &Arc<Shared>, purpose: Purpose) -> Result<Beginning, Error> {
        let (answer, answered) = sync_channel(1);
        let request = Request::Look {
            shared: Arc::clone(shared),
            purpose,
            answer,
        };
        self.ask(shared, request, &answered)
    }
}

/// Starts watching on the observer thread of the database's file system, and the thread first if there is none.
pub(crate) fn open(shared: &Arc<Shared>, settings: Settings) -> Result<Arc<Line>, Error> {
    let line = line(Domain::of(shared), &shared.location.path)?;
    let (answer, answered) = sync_channel(1);
    let request = Request::Open {
        shared: Arc::clone(shared),
        settings,
        answer,
    };
    match line.ask(shared, request, &answered) {
        Ok(()) => Ok(line),
        Err(error) => {
            release(&line);
            Err(error)
        }
    }
}

/// The way to the thread for one more watcher.
fn line(domain: Domain, path: &Path) -> Result<Arc<Line>, Error> {
    let mut threads = threads();
    threads.forget_the_dead();
    if !threads.have_room_for(domain) {
        let must_wait = |threads: &mut Threads| !threads.have_room_for(domain);
        let changed = &OBSERVERS.get().changed;
        let waited = changed.wait_timeout_while(threads, PATIENCE, must_wait);
        threads = waited.unwrap_or_else(PoisonError::into_inner).0;
        threads.forget_the_dead();
    }
    if let Some(running) = threads.running.iter_mut().find(|it| it.domain == domain) {
        running.watchers += 1;
        return Ok(Arc::clone(&running.line));
    }
    let line = Arc::new(Line::start(path, domain)?);
    // It may have ended already, but can say so only now.
    threads.alive.push(domain);
    threads.running.push(Running {
        domain,
        line: Arc::clone(&line),
        watchers: 1,
    });
    drop(threads);
    OBSERVERS.get().changed.notify_all();
    Ok(line)
}

/// Stops watching, and the thread with the last watcher.
pub(crate) fn close(line: &Arc<Line>, shared: &Arc<Shared>) {
    // At once, whatever the observer thread waits for.
    shared.end(Error::at(&shared.location.path, Reason::Closed));
    let (answer, answered) = sync_channel(1);
    let request = Request::Close {
        shared: Arc::clone(shared),
        answer,
    };
    if line.mailbox.post(&line.bell, request) {
        let _ = answered.recv_timeout(PATIENCE);
    }
    release(line);
}

fn release(line: &Arc<Line>) {
    let running = &mut threads().running;
    if let Some(at) = running.iter().position(|it| Arc::ptr_eq(&it.line, line)) {
        running[at].watchers -= 1;
        if running[at].watchers == 0 && running[at].domain != Domain::Sqlite {
            line.mailbox.post(&line.bell, Request::Stop);
            running.remove(at);
        }
    }
}

/// For tests: the thread for local file systems ends, whoever still watches.
#[cfg(feature = "test-hooks")]
pub(crate) fn end_the_thread() {
    let threads = threads();
    let mut running = threads.running.iter();
    if let Some(local) = running.find(|it| it.domain == Domain::Local) {
        local.line.mailbox.post(&local.line.bell, Request::Stop);
    }
}

fn threads() -> MutexGuard<'static, Threads> {
    let threads = OBSERVERS.get().threads.lock();
    threads.unwrap_or_else(PoisonError::into_inner)
}
