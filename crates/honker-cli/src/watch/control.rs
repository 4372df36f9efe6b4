//! What to do with what happens: start the command, pass signals on, and end at the right moment with the right code.

use super::Event;
use super::lines;
use super::schedule::Schedule;
use super::statistics::Statistics;
use crate::command::{Running, Stop, Template};
use crate::exit::{Exit, Failure};
use crate::output;
use honker_core::SharedUpdateWatcher;
use signal_hook::consts::SIGTERM;
use std::process::ExitStatus;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// How long a command may take to end after SIGTERM, once `--timeout` is reached.
const GRACE: Duration = Duration::from_secs(5);

pub(super) struct Control {
    pub(super) watcher: SharedUpdateWatcher,
    pub(super) template: Option<Template>,
    pub(super) statistics: Statistics,
    pub(super) schedule: Schedule,
    /// How many more runs of the command `--count` allows.
    pub(super) runs_left: Option<u64>,
    pub(super) exit_on_error: bool,
    /// When `--timeout` is reached.
    pub(super) deadline: Option<Instant>,
    /// For what the command's own thread tells.
    pub(super) events: Sender<Event>,
}

/// How it is going to end, once nothing runs any more.
#[derive(Debug, Default)]
struct Ending {
    exit: Option<Result<Exit, Failure>>,
    kill_at: Option<Instant>,
    /// A signal was passed on already: whoever sends a second one does not want to wait.
    signalled: bool,
}

impl Control {
    pub(super) fn run(mut self, inbox: &Receiver<Event>) -> Result<Exit, Failure> {
        let mut running: Option<Running> = None;
        let mut ending = Ending::default();
        loop {
            if running.is_none() {
                match self.start() {
                    Ok(started) => running = started,
                    Err(failure) => return Err(failure),
                }
            }
            if running.is_none()
                && self.schedule.is_empty()
                && let Some(exit) = ending.exit
            {
                return exit;
            }
            match self.next(inbox, running.is_none(), &ending) {
                Next::Event(event) => self.handle(event, &mut running, &mut ending)?,
                Next::Look => {}
                Next::Statistics => self.statistics.tell_when_due(),
                Next::TimedOut => {
                    self.deadline = None;
                    self.end(&mut ending, Ok(Exit::TimedOut));
                    if let Some(running) = &running {
                        running.stop(Stop::Ask(SIGTERM));
                        ending.kill_at = Some(Instant::now() + GRACE);
                    }
                }
                Next::Kill => {
                    ending.kill_at = None;
                    if let Some(running) = &running {
                        running.stop(Stop::Kill);
                    }
                }
            }
        }
    }

    fn start(&mut self) -> Result<Option<Running>, Failure> {
        let Some(template) = &self.template else {
            return Ok(None);
        };
        let Some(batch) = self.schedule.take(Instant::now()) else {
            return Ok(None);
        };
        let events = self.events.clone();
        let ended = move || {
            let _ = events.send(Event::CommandEnded);
        };
        // Before it reads the database: what is committed from here on is for the next run.
        let position = lines::position(&self.watcher);
        template.start(batch, position, ended).map(Some)
    }

    /// Waits for the next event, or for the first of the moments at which something is due.
    fn next(&self, inbox: &Receiver<Event>, idle: bool, ending: &Ending) -> Next {
        let moments = [
            self.deadline.map(|at| (at, Next::TimedOut)),
            ending.kill_at.map(|at| (at, Next::Kill)),
            self.statistics.due().map(|at| (at, Next::Statistics)),
            self.schedule
                .due()
                .filter(|_| idle)
                .map(|at| (at, Next::Look)),
        ];
        let first = moments.into_iter().flatten().min_by_key(|(at, _)| *at);
        let Some((at, due)) = first else {
            // `self` holds a sender, so the channel never closes.
            return inbox.recv().map_or(Next::Look, Next::Event);
        };
        match inbox.recv_timeout(at.saturating_duration_since(Instant::now())) {
            Ok(event) => Next::Event(event),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => due,
        }
    }

    fn handle(
        &mut self,
        event: Event,
        running: &mut Option<Running>,
        ending: &mut Ending,
    ) -> Result<(), Failure> {
        match event {
            Event::Wake(wake) => {
                if ending.exit.is_none() {
                    self.schedule.wake(wake, Instant::now());
                }
            }
            Event::CountReached => self.end(ending, Ok(Exit::Done)),
            Event::Died(message) => {
                output::complain(&for_the_command_line(&message));
                // What was committed before still gets its run.
                self.schedule.close();
                ending.exit.get_or_insert(Ok(Exit::Died));
            }
            Event::OutputLost(error) => self.end(ending, output::lost(&error)),
            Event::Signal(number) => {
                self.end(ending, Ok(Exit::Signal(number)));
                let stop = if ending.signalled {
                    Stop::Kill
                } else {
                    Stop::Ask(number)
                };
                ending.signalled = true;
                if let Some(running) = running {
                    running.stop(stop);
                }
            }
            Event::StatisticsWanted => self.statistics.tell(),
            // Before this began.
            Event::Opened(_) => {}
            Event::CommandEnded => {
                if let Some(running) = running.take() {
                    let status = running.reap()?;
                    self.ended(status, ending);
                }
            }
        }
        Ok(())
    }

    fn ended(&mut self, status: ExitStatus, ending: &mut Ending) {
        ending.kill_at = None;
        if !status.success() && ending.exit.is_none() {
            if self.exit_on_error {
                self.end(ending, Ok(Exit::of_command(status)));
                return;
            }
            output::note(&format!(
                "honker: the command failed ({status}); still watching"
            ));
        }
        if let Some(left) = &mut self.runs_left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.end(ending, Ok(Exit::Done));
            }
        }
    }

    /// Ends as soon as nothing runs. The first reason stays.
    fn end(&mut self, ending: &mut Ending, exit: Result<Exit, Failure>) {
        self.schedule.clear();
        ending.exit.get_or_insert(exit);
    }
}

/// What the wait ended with.
#[derive(Debug)]
enum Next {
    Event(Event),
    /// A debounced batch may be due.
    Look,
    Statistics,
    TimedOut,
    Kill,
}

/// The library's advice is for programs.
fn for_the_command_line(message: &str) -> String {
    message
        .strip_suffix("close the Database and reopen with honker.open().")
        .map_or_else(
            || message.to_owned(),
            |what| format!("{what}start honker watch again."),
        )
}
