//! The threads that wait: for wakes, and for the reader of standard output to go away.

use super::Event;
use super::lines::Lines;
use super::schedule::Batch;
use crate::clock::Stamp;
use crate::exit::{Exit, Failure};
use honker_core::{SharedUpdateWatcher, Update, UpdateEvents};
#[cfg(unix)]
use rustix::event::{PollFd, PollFlags, poll};
#[cfg(unix)]
use rustix::io::Errno;
#[cfg(unix)]
use std::io;
use std::sync::mpsc::Sender;
use std::thread;

/// The thread that takes each wake and prints it.
pub(super) struct Follow {
    pub(super) watcher: SharedUpdateWatcher,
    pub(super) updates: UpdateEvents,
    pub(super) lines: Lines,
    /// End after so many.
    pub(super) count: Option<u64>,
    pub(super) tell_wakes: bool,
    pub(super) events: Sender<Event>,
}

pub(super) fn start(mut follow: Follow) -> Result<(), Failure> {
    spawn("honker-wakes", move || {
        let last = follow.until_the_end();
        // When nobody receives any more, the process is ending anyway.
        let _ = follow.events.send(last);
    })
}

impl Follow {
    fn until_the_end(&mut self) -> Event {
        loop {
            let update = self.updates.recv();
            let now = Stamp::now();
            let printed = match &update {
                Ok(update) => {
                    // First, so that a wake whose line was read counts for the next run.
                    self.tell(*update);
                    self.lines.wake(*update, now, &self.watcher)
                }
                Err(error) => self.lines.died(error, now),
            };
            if let Err(error) = printed {
                return Event::OutputLost(error);
            }
            if let Err(error) = update {
                return Event::Died(error.to_string());
            }
            if let Some(left) = &mut self.count {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    return Event::CountReached;
                }
            }
        }
    }

    fn tell(&self, update: Update) {
        if self.tell_wakes {
            let _ = self.events.send(Event::Wake(Batch {
                seq: update.seq,
                commits: update.commits,
            }));
        }
    }
}

/// A write would only tell at the next wake, which may be days away: `honker watch app.db | head -n 1` ends at once.
#[cfg(unix)]
pub(super) fn notice_when_the_reader_goes(events: Sender<Event>) -> Result<(), Failure> {
    spawn("honker-reader", move || {
        let stdout = io::stdout();
        loop {
            // Asking for nothing still reports errors: the other end of a pipe was closed. A file never does.
            let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
            match poll(&mut asked, None) {
                Err(Errno::INTR) => continue,
                Err(_) => return,
                Ok(_) => {}
            }
            if asked[0]
                .revents()
                .intersects(PollFlags::ERR | PollFlags::HUP)
            {
                let gone = io::Error::from(io::ErrorKind::BrokenPipe);
                let _ = events.send(Event::OutputLost(gone));
            }
            return;
        }
    })
}

pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    match thread::Builder::new().name(name.to_owned()).spawn(body) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message =
                format!("cannot start a thread: {error}. Raise the limits of this process");
            Err(Failure::new(Exit::Failed, message))
        }
    }
}
