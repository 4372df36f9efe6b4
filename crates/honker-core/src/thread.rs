//! The observer thread: waits for a hint, a request or the earliest deadline, looks, and wakes subscribers.
//!
//! It opens SQLite's files in a descriptor table of its own. Nothing that holds such a descriptor leaves it, and no
//! foreign code runs on it: no wakers, no logging, no callbacks.

mod agenda;
mod database;
pub(crate) mod mailbox;
pub(crate) mod registry;
mod spacing;
pub(crate) mod wait;

use crate::backend::WatcherBackend;
use crate::bell::Ear;
use crate::cadence::SWEEP;
use crate::clock;
use crate::delivery::{self, Notice};
use crate::descriptor::Table;
use crate::error::{Error, Reason};
use crate::hint::{Hint, Hints};
use crate::location::Location;
use crate::sessions::Sessions;
use crate::shared::Shared;
use agenda::{Agenda, Id};
use database::{Database, Next};
use mailbox::{Beginning, Mailbox, Purpose, Request, Settings};
use spacing::Spacing;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use wait::{Waiter, Woken};

/// For tests: the operating system's events are read and thrown away, so that only sweeps find commits.
pub(crate) static SUPPRESS_HINTS: AtomicBool = AtomicBool::new(false);

/// So many looks at most are taken before hints and requests are read again: some 100 µs.
const LOOKS_A_TURN: usize = 64;

/// The body of the thread.
pub(crate) fn run(ear: Ear, mailbox: &Mailbox, private: bool) {
    Observers {
        table: Table::new(private),
        sessions: Rc::default(),
        private,
        hints: None,
        databases: HashMap::new(),
        agenda: Agenda::default(),
        spacing: Spacing::default(),
        sessions_due: Duration::ZERO,
        mailbox,
        waiter: Waiter::new(&ear),
        ear,
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
    spacing: Spacing,
    /// When the counts of sessions are to be read next.
    sessions_due: Duration,
    mailbox: &'a Mailbox,
    waiter: Waiter,
    ear: Ear,
}

impl Observers<'_> {
    fn run(mut self) {
        loop {
            let Woken { rung, hinted } = self.wait();
            if rung {
                self.ear.silence();
                for request in self.mailbox.take() {
                    if matches!(request, Request::Stop) {
                        return;
                    }
                    self.answer(request);
                }
            }
            if hinted {
                // First of all: a hint is news, a look that is due is not.
                for id in self.take_hints() {
                    self.look_if_due(id);
                }
            }
            self.look_at_what_is_due();
        }
    }

    /// Looks at some databases whose time has come. If that leaves more, hints and requests come first again.
    fn look_at_what_is_due(&mut self) {
        let now = clock::now();
        if now >= self.sessions_due {
            self.sessions.drain();
            self.sessions_due = now + SWEEP;
        }
        let before = self.spacing.is_measured().then(clock::processor_time);
        let (mut looks, mut polls) = (0, 0);
        while looks < LOOKS_A_TURN
            && let Some(id) = self.agenda.take_due(now)
        {
            looks += 1;
            let polled = self.databases.get(&id).is_some_and(Database::is_polled);
            polls += usize::from(polled);
            self.look(id, clock::now());
        }
        if let Some(before) = before {
            let spent = clock::processor_time().saturating_sub(before);
            self.spacing.spent(spent, polls * 2 > looks, now);
        }
    }

    fn look_if_due(&mut self, id: Id) {
        let now = clock::now();
        if let Some(database) = self.databases.get(&id)
            && database.due() <= now
        {
            self.look(id, now);
        }
    }

    /// Waits for a request, an event, or the earliest deadline.
    fn wait(&self) -> Woken {
        let earliest = self.agenda.earliest();
        let timeout = earliest.map(|due| due.saturating_sub(clock::now()));
        self.waiter.wait(&self.ear, self.hints.as_ref(), timeout)
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Open {
                shared,
                settings,
                answer,
            } => self.open(shared, settings, answer),
            Request::Look {
                shared,
                purpose,
                answer,
            } => {
                // The one who asked may have gone.
                let _ = answer.send(self.begin(&shared, purpose));
            }
            Request::Close { shared, answer } => {
                if self.remove(shared.id) {
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
    fn begin(&mut self, shared: &Arc<Shared>, purpose: Purpose) -> Result<Beginning, Error> {
        self.reschedule(shared.id, |database, _| database.look_now(clock::now()));
        self.look(shared.id, clock::now());
        if let Some(database) = self.databases.get_mut(&shared.id) {
            return Ok(Beginning {
                totals: database.totals(purpose),
                standing: database.standing(),
            });
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
        let id = shared.id;
        let ground = (self.table.clone(), Rc::clone(&self.sessions));
        match Database::open(id, shared, settings, ground, &mut self.hints, answer) {
            Ok(database) => {
                self.agenda.add(database.due(), id);
                self.databases.insert(id, database);
                self.spacing.set_databases(self.databases.len());
                self.look(id, clock::now());
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
        let ticks = self.spacing.ticks(id);
        match database.look(now, ticks, &mut self.hints) {
            Next::Look => self.agenda.add(database.due(), id),
            Next::LookSweepFound => {
                self.agenda.add(database.due(), id);
                self.count_lost_event(id);
            }
            Next::Dead => {
                self.remove(id);
            }
        }
    }

    /// Every commit makes an event before it becomes visible. If a sweep found one and there is no event to be read
    /// even now, the event was lost.
    fn count_lost_event(&mut self, id: Id) {
        let hints = |this: &Self| this.databases.get(&id).map(Database::hints_taken);
        let before = hints(self);
        // Those that are hinted at are due now.
        let _ = self.take_hints();
        if hints(self) == before
            && let Some(database) = self.databases.get(&id)
        {
            database.count_sweep_found();
        }
    }

    /// Reads one buffer of events. Which databases they point to.
    fn take_hints(&mut self) -> Vec<Id> {
        let mut hinted = Vec::new();
        let Some(hints) = &mut self.hints else {
            return hinted;
        };
        let mut taken = Vec::new();
        hints.drain(|hint| {
            if taken.last() != Some(&hint) {
                taken.push(hint);
            }
        });
        if SUPPRESS_HINTS.load(Ordering::Relaxed) {
            return hinted;
        }
        let now = clock::now();
        for hint in taken {
            match hint {
                Hint::Written(id) => {
                    self.reschedule(id, |database, _| database.hint(now));
                    hinted.push(id);
                }
                Hint::Appeared(id, name) => {
                    self.reschedule(id, |database, hints| {
                        database.name_appeared(name, now, hints);
                    });
                    hinted.push(id);
                }
                Hint::Vanished(id, name) => {
                    self.reschedule(id, |database, _| database.name_vanished(name, now));
                    hinted.push(id);
                }
                Hint::Overflow => {
                    let all: Vec<Id> = self.databases.keys().copied().collect();
                    for id in all {
                        self.reschedule(id, |database, hints| database.overflowed(now, hints));
                    }
                }
            }
        }
        hinted
    }

    /// Changes a database's next look.
    fn reschedule(&mut self, id: Id, change: impl FnOnce(&mut Database, &mut Option<Hints<Id>>)) {
        if let Some(database) = self.databases.get_mut(&id) {
            self.agenda.remove(database.due(), id);
            change(database, &mut self.hints);
            self.agenda.add(database.due(), id);
        }
    }

    /// Lets go of a database. Whether there was one.
    fn remove(&mut self, id: Id) -> bool {
        let Some(mut database) = self.databases.remove(&id) else {
            return false;
        };
        self.agenda.remove(database.due(), id);
        database.release(&mut self.hints);
        self.spacing.set_databases(self.databases.len());
        true
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

/// Whether file events can be had for this database, and say what there is to say.
pub(crate) fn try_hints(location: &Location) -> Result<(), Error> {
    try_shared(location, WatcherBackend::KernelWatch)?;
    database::try_out(location)
}

/// Whether the file system allows this backend.
pub(crate) fn try_shared(location: &Location, backend: WatcherBackend) -> Result<(), Error> {
    database::refuse_shared_file_system(location, backend)
}
