//! `honker watch`: the parts, put together.
//!
//! One thread waits for wakes and prints them; one waits for signals; one waits for the running command; this one
//! only decides. It never writes to standard output once the watch runs, so a reader that stalls delays neither
//! `--timeout` nor Ctrl-C.

mod control;
mod follow;
mod lines;
mod opening;
mod schedule;
mod statistics;

use crate::args::Watch;
use crate::command::Template;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::signals;
use control::Control;
use follow::Follow;
use honker_core::WatcherBackend;
use lines::{Format, Lines, Start};
use opening::Opened;
pub(crate) use schedule::Batch;
use schedule::Schedule;
use statistics::Statistics;
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
    /// The watcher is ready, or could not be opened.
    Opened(Box<Result<Opened, honker_core::Error>>),
    /// Somebody asks what has been done so far.
    StatisticsWanted,
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
    refuse_what_has_no_effect(args)?;
    let (events, inbox) = mpsc::channel();
    let signalled = events.clone();
    let wanted: Vec<_> = signals::ENDING
        .into_iter()
        .chain(signals::STATISTICS)
        .collect();
    signals::forward(&wanted, move |signal| {
        let event = if signals::STATISTICS == Some(signal) {
            Event::StatisticsWanted
        } else {
            Event::Signal(signal)
        };
        // When nobody receives any more, the process is ending anyway.
        let _ = signalled.send(event);
    })?;

    let mut template = Template::new(&args.command);
    template.as_mut().map_or(Ok(()), Template::check)?;
    opening::start(args, events.clone())?;
    let opened = match opening::wait(&inbox, deadline)? {
        Ok(opened) => *opened,
        Err(exit) => return Ok(exit),
    };
    let watcher = opened.watcher;

    let format = if args.json {
        Format::Json
    } else if args.command.is_empty() {
        Format::Text
    } else {
        Format::Silent
    };
    let mut lines = Lines::new(format, Output::new());
    if let Err(error) = lines.start(&Start::new(&watcher, opened.probe)) {
        return output::lost(&error);
    }

    let template = template.map(|template| template.about(watcher.path()));
    follow::start(Follow {
        watcher: watcher.clone(),
        updates: opened.updates,
        lines,
        // With a command, the runs are counted.
        count: args.count.filter(|_| template.is_none()),
        tell_wakes: template.is_some(),
        events: events.clone(),
    })?;
    // Windows tells nobody: there the next line finds out.
    #[cfg(unix)]
    if format != Format::Silent {
        follow::notice_when_the_reader_goes(events.clone())?;
    }

    let statistics = Statistics::new(watcher.clone(), args.stats.flatten());
    let ended = Control {
        watcher: watcher.clone(),
        template,
        statistics,
        schedule: Schedule::new(args.debounce),
        runs_left: args.count,
        exit_on_error: args.exit_on_error,
        deadline,
        events,
    }
    .run(&inbox);
    if args.stats.is_some() {
        Statistics::new(watcher, None).tell();
    }
    ended
}

/// An option that would be ignored is a misunderstanding.
fn refuse_what_has_no_effect(args: &Watch) -> Result<(), Failure> {
    let sets_its_own_times = matches!(
        args.backend,
        WatcherBackend::KernelWatch | WatcherBackend::ShmFastPath
    );
    if args.poll_interval.is_some() && sets_its_own_times {
        let backend = args.backend;
        let message = format!(
            "--poll-interval has no effect with --backend {backend}, which sets its own times: leave it out, or use \
             --backend polling (see honker --help)"
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    Ok(())
}
