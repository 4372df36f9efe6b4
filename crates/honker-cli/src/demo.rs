//! `honker demo`: a writer in a process of its own, and every one of its commits seen from here, with the latency.
//!
//! Writer and watcher go step by step: one commit is asked for, and the next only once its wake has come, so that
//! each latency belongs to one commit, and a commit that is never seen cannot hide behind a later one.

mod process;
mod report;
pub(crate) mod writer;

use crate::args::Demo;
use crate::clock::monotonic_ns;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::signals;
use honker_core::{SharedUpdateWatcher, Update, UpdateEvents, WatcherBackend};
use process::WriterProcess;
use report::{Report, Tally, Wake};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

const MODES: [&str; 2] = ["wal", "delete"];
/// About how long the whole takes, and the longest pause between two commits.
const LENGTH: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(25);
/// A commit that was not seen after this long is missed. The library promises far less.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the demo ends before its end.
#[derive(Debug)]
enum Stop {
    Quietly(Exit),
    Loudly(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Loudly(failure)
    }
}

impl From<honker_core::Error> for Stop {
    fn from(error: honker_core::Error) -> Self {
        Self::Loudly(error.into())
    }
}

/// Only the output gives a bare `io::Error` here.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        output::lost(&error).map_or_else(Self::Loudly, Self::Quietly)
    }
}

pub(crate) fn run(args: &Demo) -> Result<Exit, Failure> {
    let signal = Arc::new(AtomicI32::new(0));
    let received = Arc::clone(&signal);
    signals::forward(&signals::ENDING, move |number| {
        received.store(number, Ordering::SeqCst);
    })?;

    let directory = tempfile::Builder::new()
        .prefix("honker-demo-")
        .tempdir()
        .map_err(|error| {
            let message =
                format!("cannot make a temporary directory: {error}. Set TMPDIR to a writable one");
            Failure::new(Exit::Failed, message)
        })?;
    let ended = show(args.commits, directory.path(), &signal);
    directory.close().map_err(|error| {
        let message = format!("cannot remove the temporary directory: {error}. Remove it by hand");
        Failure::new(Exit::Failed, message)
    })?;
    match ended {
        Ok(()) => Ok(Exit::Done),
        Err(Stop::Quietly(exit)) => Ok(exit),
        Err(Stop::Loudly(failure)) => Err(failure),
    }
}

fn show(commits: u64, directory: &Path, signal: &AtomicI32) -> Result<(), Stop> {
    let mut report = Report::new(Output::new(), commits);
    report.title(directory)?;
    let all = commits.saturating_mul(MODES.len() as u64);
    let pause = Duration::from_nanos(nanoseconds(LENGTH) / all.max(1)).min(LONGEST_PAUSE);
    let mut tallies = Vec::new();
    for mode in MODES {
        let database = directory.join(format!("{mode}.db"));
        let tally = Session::start(mode, &database)?.run(commits, pause, signal, &mut report)?;
        tallies.push((mode, tally));
    }
    report.summary(&tallies)?;
    for (mode, tally) in &tallies {
        check(mode, tally)?;
    }
    report.verdict(&tallies)?;
    Ok(())
}

fn check(mode: &str, tally: &Tally) -> Result<(), Failure> {
    let Tally {
        made, accounted, ..
    } = tally;
    if made != accounted || !tally.exact {
        let message = format!(
            "{made} commits were made in {mode} mode and {accounted} were accounted for: this is a defect, please \
             report it"
        );
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok(())
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// One journal mode: a writer, and a watcher of its database.
struct Session {
    mode: &'static str,
    writer: WriterProcess,
    watcher: SharedUpdateWatcher,
    updates: UpdateEvents,
    tally: Tally,
}

impl Session {
    fn start(mode: &'static str, database: &Path) -> Result<Self, Stop> {
        let writer = WriterProcess::start(database, mode)?;
        let watcher = SharedUpdateWatcher::builder(database)
            .backend(WatcherBackend::Auto)
            .must_exist(true)
            .open()?;
        Ok(Self {
            mode,
            writer,
            updates: watcher.update_events()?,
            watcher,
            tally: Tally::new()?,
        })
    }

    fn run(
        mut self,
        commits: u64,
        pause: Duration,
        signal: &AtomicI32,
        report: &mut Report,
    ) -> Result<Tally, Stop> {
        report.session(self.mode, self.watcher.backend().name())?;
        for commit in 1..=commits {
            match signal.load(Ordering::SeqCst) {
                0 => {}
                number => return Err(Stop::Quietly(Exit::Signal(number))),
            }
            self.writer.ask_for_a_commit()?;
            let wake = self.wake(PATIENCE)?;
            // Asked first: a writer that is gone explains why nothing was seen.
            let committed_ns = self.writer.committed_at()?;
            let (update, seen_ns) = wake.ok_or_else(|| self.missed(commit))?;
            self.tally.made += 1;
            // The wake can come first: a commit is visible a moment before the writer's call returns.
            let latency = Duration::from_nanos(seen_ns.saturating_sub(committed_ns));
            self.tally.add(update, Some(latency));
            report.wake(&Wake::new(self.mode, update, Some(latency)))?;
            // For the eye. Nothing is committed now, so whatever wakes is one too many.
            if let Some((update, _)) = self.wake(pause)? {
                self.tally.add(update, None);
                report.wake(&Wake::new(self.mode, update, None))?;
            }
        }
        self.writer.finish()?;
        Ok(self.tally)
    }

    fn wake(&mut self, within: Duration) -> Result<Option<(Update, u64)>, Failure> {
        let update = self.updates.recv_timeout(within);
        let now = monotonic_ns();
        match update {
            Ok(update) => Ok(update.map(|update| (update, now))),
            Err(error) => Err(Failure::new(Exit::Died, error.to_string())),
        }
    }

    fn missed(&self, commit: u64) -> Failure {
        let mode = self.mode;
        let stats = self.watcher.stats();
        let message = format!(
            "commit {commit} in {mode} mode was not seen within {PATIENCE:?}: this is a defect, please report it with \
             this: {stats:?}"
        );
        Failure::new(Exit::Failed, message)
    }
}
