//! The one observer thread of the process: started by the first watcher, gone with the last.

use super::mailbox::{Beginning, Mailbox, Request, Settings};
use crate::backend::WatcherBackend;
use crate::error::{Error, Reason};
use crate::process::PerProcess;
use crate::shared::Shared;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// For tests: behave as where the kernel refuses a private descriptor table.
pub(crate) static REFUSE_PRIVATE_TABLE: AtomicBool = AtomicBool::new(false);

/// The thread of a parent process does not exist in its children.
static OBSERVER: PerProcess<Mutex<Option<Running>>> = PerProcess::new(|| Mutex::new(None));
/// The thread of the `data-version` backend. SQLite's locks belong to its descriptor table, and what the observer
/// closes in its own would drop them. All its connections have to share one table, so it never ends.
static DATA_VERSION: PerProcess<Mutex<Option<Running>>> = PerProcess::new(|| Mutex::new(None));

/// How long `close` waits for the observer thread to let go, should a file system hang.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Running {
    line: Arc<Line>,
    watchers: usize,
}

/// The way to a running observer thread. A child made by `fork` must not use it: the bell would ring in the parent.
#[derive(Debug)]
pub(crate) struct Line {
    mailbox: Arc<Mailbox>,
    bell: OwnedFd,
    asks_sqlite: bool,
}

impl Line {
    fn start(path: &Path, asks_sqlite: bool) -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            Error::system(path, "cannot start the observer thread to watch", error)
        };
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|error| failed(error.into()))?;
        let mailbox = Arc::new(Mailbox::new());
        let theirs = Arc::clone(&mailbox);
        let refuse = REFUSE_PRIVATE_TABLE.load(Ordering::Relaxed);
        let copy = bell.try_clone().map_err(failed)?;
        let name = if asks_sqlite {
            "honker-sqlite"
        } else {
            "honker-observer"
        };
        honker_descriptor_table::spawn(name, copy, refuse, move |inherited| {
            super::run(inherited.descriptor, &theirs, inherited.private);
        })
        .map_err(failed)?;
        Ok(Self {
            mailbox,
            bell,
            asks_sqlite,
        })
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
    pub(crate) fn look(&self, shared: &Arc<Shared>) -> Result<Beginning, Error> {
        let (answer, answered) = sync_channel(1);
        let request = Request::Look {
            shared: Arc::clone(shared),
            answer,
        };
        self.ask(shared, request, &answered)
    }
}

/// Starts watching on the process's observer thread, and the thread first if there is none.
pub(crate) fn open(shared: &Arc<Shared>, settings: Settings) -> Result<Arc<Line>, Error> {
    let asks_sqlite =
        shared.requested == WatcherBackend::DataVersion && shared.requested.is_built();
    let line = {
        let mut observer = lock(asks_sqlite);
        // One that has died serves its other watchers no more.
        let running = match observer.take_if(|running| running.line.mailbox.is_open()) {
            Some(running) => observer.insert(running),
            None => observer.insert(Running {
                line: Arc::new(Line::start(&shared.location.path, asks_sqlite)?),
                watchers: 0,
            }),
        };
        running.watchers += 1;
        Arc::clone(&running.line)
    };
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

/// Stops watching, and the thread with the last watcher.
pub(crate) fn close(line: &Arc<Line>, shared: &Arc<Shared>) {
    let (answer, answered) = sync_channel(1);
    let request = Request::Close {
        shared: Arc::clone(shared),
        answer,
    };
    if line.mailbox.post(&line.bell, request) {
        let _ = answered.recv_timeout(CLOSE_PATIENCE);
    }
    release(line);
}

fn release(line: &Arc<Line>) {
    let mut observer = lock(line.asks_sqlite);
    if let Some(running) = observer.as_mut()
        && Arc::ptr_eq(&running.line, line)
    {
        running.watchers -= 1;
        if running.watchers == 0 && !line.asks_sqlite {
            line.mailbox.post(&line.bell, Request::Stop);
            *observer = None;
        }
    }
}

/// For tests: the thread ends, whoever still watches.
#[cfg(feature = "test-hooks")]
pub(crate) fn end_the_thread() {
    if let Some(running) = lock(false).as_ref() {
        running.line.mailbox.post(&running.line.bell, Request::Stop);
    }
}

fn lock(asks_sqlite: bool) -> MutexGuard<'static, Option<Running>> {
    let thread = if asks_sqlite {
        &DATA_VERSION
    } else {
        &OBSERVER
    };
    thread.get().lock().unwrap_or_else(PoisonError::into_inner)
}
