//! How many sessions of a WAL database have begun: file times can't tell within a clock tick, the order of events can.
//!
//! After a last close the database's time and that of the `-shm`'s unlinking often tie, and so would the times of a
//! session that came and went right after it. Every such session has to create a file again ([`Begun`]), but for one in
//! `locking_mode=EXCLUSIVE` on the log of a close that was killed, of which that log tells. So the directory is watched
//! for their names, in an inotify instance that is never waited for: it is read when the question comes up. Where inotify
//! cannot be had, the answer is "unknown", and a tie wakes.

use super::Begun;
#[cfg(feature = "test-hooks")]
use crate::hint::replayed;
use crate::hint::{Hint, Hints, Name};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

/// The creations seen by one thread.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    hints: RefCell<Option<Hints<u64>>>,
    begun: RefCell<HashMap<u64, Begun>>,
    overflows: Cell<u64>,
    next: Cell<u64>,
}

/// One database's part in it.
#[derive(Debug)]
pub(crate) struct SessionCount {
    sessions: Rc<Sessions>,
    id: u64,
    watch: i32,
    /// The counts at the last mark: sessions begun, and overflows.
    mark: (u64, u64),
}

impl SessionCount {
    /// Starts counting. `None`: inotify cannot be had.
    pub(crate) fn start(
        sessions: &Rc<Sessions>,
        directory: &Path,
        names: [(Vec<u8>, Name); 3],
    ) -> Option<Self> {
        let id = sessions.next.replace(sessions.next.get() + 1);
        let mut hints = sessions.hints.borrow_mut();
        if hints.is_none() {
            *hints = Some(Hints::new().ok()?);
        }
        let watch = hints.as_mut()?.watch_names(directory, names, id).ok()?;
        // Here, so that no look has to make room.
        sessions.begun.borrow_mut().insert(id, Begun::default());
        Some(Self {
            sessions: Rc::clone(sessions),
            id,
            watch,
            mark: (0, 0),
        })
    }

    /// Counts what these hints say of their one database.
    #[cfg(feature = "test-hooks")]
    pub(crate) fn replaying(hints: Hints<u64>, id: u64) -> Self {
        let sessions = Sessions {
            hints: Some(hints).into(),
            ..Sessions::default()
        };
        Self {
            sessions: Rc::new(sessions),
            id,
            watch: replayed::DIRECTORY,
            mark: (0, 0),
        }
    }

    /// Counts from here.
    pub(crate) fn mark(&mut self) {
        self.mark = self.now();
    }

    /// Sessions begun since the mark; `None` where events were lost.
    pub(crate) fn since_mark(&self) -> Option<u64> {
        let (begun, overflows) = self.now();
        (overflows == self.mark.1).then_some(begun - self.mark.0)
    }

    fn now(&self) -> (u64, u64) {
        self.sessions.drain();
        let begun = self
            .sessions
            .begun
            .borrow()
            .get(&self.id)
            .copied()
            .unwrap_or_default()
            .sessions();
        (begun, self.sessions.overflows.get())
    }
}

impl Drop for SessionCount {
    fn drop(&mut self) {
        let mut hints = self.sessions.hints.borrow_mut();
        if let Some(watching) = hints.as_mut() {
            // The instance stays as long as its thread: closing one waits for milliseconds, and everybody with it.
            watching.forget(self.watch, self.id);
        }
        self.sessions.begun.borrow_mut().remove(&self.id);
    }
}

impl Sessions {
    /// Reads the events that are there, so that they do not pile up until some are lost.
    pub(crate) fn drain(&self) {
        if let Some(hints) = self.hints.borrow_mut().as_mut() {
            let mut begun = self.begun.borrow_mut();
            while hints.drain(|hint| match hint {
                Hint::Appeared(id, name) => begun.entry(id).or_default().appeared(name),
                Hint::Vanished(id, _) => begun.entry(id).or_default().vanished(),
                Hint::Overflow => {
                    self.overflows.set(self.overflows.get() + 1);
                    begun.values_mut().for_each(Begun::vanished);
                }
                Hint::Written(_) => {}
            }) {}
        }
    }
}
