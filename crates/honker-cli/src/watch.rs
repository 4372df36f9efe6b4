//! `honker watch`: the parts, put together.
//!
//! One thread waits for wakes and prints them; one waits for signals; one waits for the running command; this one
//! only decides. It never writes to standard output once the watch runs, so a reader that stalls delays neither
//! `--timeout` nor Ctrl-C.

mod control;
mod follow;
mod lines;
mod schedule;

use crate::args::Watch;
use crate::command::Template;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::signals;
use control::Control;
use follow::Follow;
use honker_core::SharedUpdateWatcher;
use lines::{Format, Lines, Start};
pub(crate) use schedule::Batch;
use schedule::Schedule;
use std::io;
use std::sync::mpsc;
use std::time::Instant;

/// What can happen while watching.
#[derive(Debug)]
pub(crate) enum Event {
    /// Something was committed (told only if there is a command to run).
    Wake(Batch),
    /// As many wakes as were asked for have been printed.
    CountReached,
    /// The watcher ended, for this reason.
    Died(String),
    /// Standard output took no more lines.
    OutputLost(io::Error),
    /// This process is asked to end.
    Signal(i32),
    /// The running command has ended, and can be reaped.
    CommandEnded,
}

pub(crate) fn run(args: &Watch) -> Result<Exit, Failure> {
    let deadline = args
        .timeout
        // A deadline beyond the clock's end is none.
        .and_then(|timeout| Instant::now().checked_add(timeout));
    let (events, inbox) = mpsc::channel();
    let signalled = events.clone();
    signals::forward(move |signal| {
        // When nobody receives any more, the process is ending anyway.
        let _ = signalled.send(Event::Signal(signal));
    })?;

    let watcher = SharedUpdateWatcher::builder(&args.database)
        .backend(args.backend)
        .poll_interval(args.poll_interval)
        .must_exist(!args.wait_for_file)
        .open()?;
    let updates = watcher.update_events()?;

    let format = if args.json {
        Format::Json
    } else if args.command.is_empty() {
        Format::Text
    } else {
        Format::Silent
    };
    let mut lines = Lines::new(format, Output::new());
    if let Err(error) = lines.start(&Start::of(&watcher)) {
        return output::lost(&error);
    }

    let template = Template::new(&args.command, watcher.path());
    follow::start(Follow {
        updates,
        lines,
        // With a command, the runs are counted.
        count: args.count.filter(|_| template.is_none()),
        tell_wakes: template.is_some(),
        events: events.clone(),
    })?;
    if format != Format::Silent {
        follow::notice_when_the_reader_goes(events.clone())?;
    }

    Control {
        template,
        schedule: Schedule::new(args.debounce),
        runs_left: args.count,
        exit_on_error: args.exit_on_error,
        deadline,
        events,
    }
    .run(&inbox)
}
