//! The observer thread: waits for a hint, a request or the earliest deadline, looks, and wakes subscribers.
//!
//! It opens SQLite's files in a descriptor table of its own. Nothing that holds such a descriptor leaves it, and no
//! foreign code runs on it: no wakers, no logging, no callbacks.

mod agenda;
mod database;
pub(crate) mod mailbox;
pub(crate) mod registry;

use crate::backend::WatcherBackend;
use crate::delivery::{self, Notice};
use crate::descriptor::Table;
use crate::error::{Error, Reason};
use crate::hint::{Hint, Hints};
use crate::location::Location;
use crate::sessions::Sessions;
use crate::shared::Shared;
use agenda::{Agenda, Id};
use database::{Database, Next};
use mailbox::{Beginning, Mailbox, Request, Settings};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::OwnedFd;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

/// For tests: the operating system's events are read and thrown away, so that only sweeps find commits.
pub(crate) static SUPPRESS_HINTS: AtomicBool = AtomicBool::new(false);

/// The body of the thread.
pub(crate) fn run(bell: OwnedFd, mailbox: &Mailbox, private: bool) {
    // Without this the kernel rounds every wait up by 50 us. Refused or not, the thread works.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    Observers {
        table: Table::new(private),
        sessions: Rc::default(),
        private,
        hints: None,
        databases: HashMap::new(),
        agenda: Agenda::default(),
        next_id: 0,
        mailbox,
        bell,
    }
    .run();
}

/// Every database that this thread watches.
struct Observers<'a> {
    table: Table,
    sessions: Rc<Sessions>,
    private: bool,
    /// Made for the first database that wants hints.
    hints: Option<Hints<Id>>,
    databases: HashMap<Id, Database>,
    agenda: Agenda,
    next_id: Id,
    mailbox: &'a Mailbox,
    bell: OwnedFd,
}

impl Observers<'_> {
    fn run(mut self) {
        loop {
            let (rung, hinted) = self.wait();
            if rung {
                mailbox::silence(&self.bell);
                for request in self.mailbox.take() {
                    if matches!(request, Request::Stop) {
                        return;
                    }
                    self.answer(request);
                }
            }
            if hinted {
                self.take_hints();
            }
            let now = clock();
            while let Some(id) = self.agenda.take_due(now) {
                self.look(id, clock());
            }
        }
    }

    /// Waits for a request, an event, or the earliest deadline.
    fn wait(&self) -> (bool, bool) {
        let timeout = self.agenda.earliest().map(|due| {
            let wait = due.saturating_sub(clock());
            Timespec {
                tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(wait.subsec_nanos()),
            }
        });
        let bell = PollFd::new(&self.bell, PollFlags::IN);
        let waited = match &self.hints {
            Some(hints) => {
                let mut fds = [bell, PollFd::new(hints, PollFlags::IN)];
                let waited = rustix::event::poll(&mut fds, timeout.as_ref());
                waited.map(|_| (!fds[0].revents().is_empty(), !fds[1].revents().is_empty()))
            }
            None => {
                let mut fds = [bell];
                let waited = rustix::event::poll(&mut fds, timeout.as_ref());
                waited.map(|_| (!fds[0].revents().is_empty(), false))
            }
        };
        // Interrupted: nothing to see, and the loop waits again for the rest.
        waited.unwrap_or((false, false))
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Open {
                shared,
                settings,
                answer,
            } => self.open(shared, settings, answer),
            Request::Look { shared, answer } => {
                // The one who asked may have gone.
                let _ = answer.send(self.begin(&shared));
            }
            Request::Close { shared, answer } => {
                if let Some(id) = self.id_of(&shared) {
                    self.remove(id);
                    delivery::post(|| Notice::Closed {
                        path: shared.location.path.clone(),
                    });
                }
                shared.end(closed(&shared));
                let _ = answer.send(());
            }
            Request::Stop => {}
        }
    }

    /// Looks now, for one who wants to know everything from here on.
    fn begin(&mut self, shared: &Arc<Shared>) -> Result<Beginning, Error> {
        if let Some(id) = self.id_of(shared) {
            self.reschedule(id, |database, _| database.look_now(clock()));
            self.look(id, clock());
            if let Some(database) = self.databases.get(&id) {
                return Ok(Beginning {
                    totals: shared.wake.totals(),
                    standing: database.standing(),
                });
            }
        }
        Err(shared.wake.ended().unwrap_or_else(|| closed(shared)))
    }

    fn open(
        &mut self,
        shared: Arc<Shared>,
        settings: Settings,
        answer: SyncSender<Result<(), Error>>,
    ) {
        shared.private_table.store(self.private, Ordering::Relaxed);
        let id = self.next_id;
        let ground = (self.table, Rc::clone(&self.sessions));
        match Database::open(id, shared, settings, ground, &mut self.hints, answer) {
            Ok(database) => {
                self.next_id += 1;
                self.agenda.add(database.due(), id);
                self.databases.insert(id, database);
                self.look(id, clock());
            }
            Err((answer, error)) => {
                let _ = answer.send(Err(error));
            }
        }
    }

    /// Looks at one database and puts it back on the agenda, unless it is dead.
    fn look(&mut self, id: Id, now: Duration) {
        let Some(database) = self.databases.get_mut(&id) else {
            return;
        };
        self.agenda.remove(database.due(), id);
        match database.look(now, &mut self.hints) {
            Next::Look => self.agenda.add(database.due(), id),
            Next::LookSweepFound => {
                self.agenda.add(database.due(), id);
                self.count_lost_event(id);
            }
            Next::Dead => self.remove(id),
        }
    }

    /// Every commit makes an event before it becomes visible. If a sweep found one and there is no event to be read
    /// even now, the event was lost.
    fn count_lost_event(&mut self, id: Id) {
        let hints = |this: &Self| this.databases.get(&id).map(Database::hints_taken);
        let before = hints(self);
        self.take_hints();
        if hints(self) == before
            && let Some(database) = self.databases.get(&id)
        {
            database.count_sweep_found();
        }
    }

    fn take_hints(&mut self) {
        let Some(hints) = &mut self.hints else {
            return;
        };
        let mut taken = Vec::new();
        hints.drain(|hint| {
            if taken.last() != Some(&hint) {
                taken.push(hint);
            }
        });
        if SUPPRESS_HINTS.load(Ordering::Relaxed) {
            return;
        }
        let now = clock();
        for hint in taken {
            match hint {
                Hint::Written(id) => self.reschedule(id, |database, _| database.hint(now)),
                Hint::Appeared(id, name) => {
                    self.reschedule(id, |database, hints| {
                        database.name_appeared(name, now, hints);
                    });
                }
                Hint::Vanished(id, name) => {
                    self.reschedule(id, |database, _| database.name_vanished(name, now));
                }
                Hint::Overflow => {
                    let all: Vec<Id> = self.databases.keys().copied().collect();
                    for id in all {
                        self.reschedule(id, |database, hints| database.overflowed(now, hints));
                    }
                }
            }
        }
    }

    /// Changes a database's next look.
    fn reschedule(&mut self, id: Id, change: impl FnOnce(&mut Database, &mut Option<Hints<Id>>)) {
        if let Some(database) = self.databases.get_mut(&id) {
            self.agenda.remove(database.due(), id);
            change(database, &mut self.hints);
            self.agenda.add(database.due(), id);
        }
    }

    fn remove(&mut self, id: Id) {
        if let Some(mut database) = self.databases.remove(&id) {
            self.agenda.remove(database.due(), id);
            database.release(&mut self.hints);
        }
    }

    fn id_of(&self, shared: &Arc<Shared>) -> Option<Id> {
        let mut all = self.databases.iter();
        all.find(|(_, database)| database.belongs_to(shared))
            .map(|(id, _)| *id)
    }
}

impl Drop for Observers<'_> {
    /// However the thread ends, nobody is left waiting for it.
    fn drop(&mut self) {
        self.mailbox.shut();
        for database in self.databases.values() {
            database.end(Reason::ObserverGone);
        }
    }
}

fn closed(shared: &Shared) -> Error {
    Error::at(&shared.location.path, Reason::Closed)
}

fn clock() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

/// Whether file events can be had for this database, and say what there is to say.
pub(crate) fn try_hints(location: &Location) -> Result<(), Error> {
    try_shared(location, WatcherBackend::KernelWatch)?;
    database::try_out(location)
}

/// Whether the file system allows this backend.
pub(crate) fn try_shared(location: &Location, backend: WatcherBackend) -> Result<(), Error> {
    database::refuse_shared_file_system(location, backend)
}
