//! Opening the watcher, on a thread of its own: where a disk or a mount hangs, Ctrl-C and `--timeout` still end it.

use super::Event;
use crate::args::Watch;
use crate::exit::{Exit, Failure};
use honker_core::{Error, Probe, SharedUpdateWatcher, UpdateEvents, probe};
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

/// A watcher that is ready.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(super) watcher: SharedUpdateWatcher,
    pub(super) updates: UpdateEvents,
    /// For the first line.
    pub(super) probe: Option<Probe>,
}

/// Starts to open it; [`Event::Opened`] tells what came of it.
pub(super) fn start(args: &Watch, events: Sender<Event>) -> Result<(), Failure> {
    let mut builder = SharedUpdateWatcher::builder(&args.database)
        .backend(args.backend)
        .must_exist(!args.wait_for_file)
        .on_replace(args.on_replace);
    if let Some(interval) = args.poll_interval {
        builder = builder.poll_interval(interval);
    }
    let (since, min_interval, idle) = (args.since, args.min_interval, args.idle);
    let open = move || -> Result<Opened, Error> {
        let watcher = builder.open()?;
        let mut settings = watcher.subscribe();
        if let Some(position) = &since {
            settings = settings.since(position);
        }
        if let Some(interval) = min_interval {
            settings = settings.min_interval(interval);
        }
        if let Some(wait) = idle {
            settings = settings.idle_poll(wait);
        }
        Ok(Opened {
            updates: settings.start()?,
            // What fails here (the file has just been replaced, say) is about to end the watcher, with its reason.
            probe: probe(watcher.path()).ok(),
            watcher,
        })
    };
    super::follow::spawn("honker-opening", move || {
        // When nobody receives any more, the process is ending anyway.
        let _ = events.send(Event::Opened(Box::new(open())));
    })
}

/// Waits for it, or for what ends the process before.
pub(super) fn wait(
    inbox: &Receiver<Event>,
    deadline: Option<Instant>,
) -> Result<Result<Box<Opened>, Exit>, Failure> {
    loop {
        let event = match deadline {
            None => inbox.recv().ok(),
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                inbox.recv_timeout(left).ok()
            }
        };
        match event {
            // The caller holds a sender, so that only the time can have ended this.
            None => return Ok(Err(Exit::TimedOut)),
            Some(Event::Signal(number)) => return Ok(Err(Exit::Signal(number))),
            Some(Event::Opened(opened)) => return Ok(Ok(Box::new((*opened)?))),
            Some(_) => {}
        }
    }
}
