//! What is printed: a line for the start, each wake, and the death. The JSON is a promise (see `honker watch --help`).

use crate::clock::Stamp;
use crate::output::{BOLD, CAUTION, DIM, GOOD, Output, in_one_line, note};
use honker_core::{JournalMode, Probe, RecvError, SharedUpdateWatcher, Update, UpdateKind};
use serde::Serialize;
use std::io;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Text,
    /// A command is run instead, and the output is its own.
    Silent,
}

#[derive(Debug)]
pub(super) struct Lines {
    format: Format,
    output: Output,
}

/// What is known when the watcher is ready.
#[derive(Debug)]
pub(super) struct Start<'a> {
    watcher: &'a SharedUpdateWatcher,
    probe: Option<Probe>,
}

impl<'a> Start<'a> {
    pub(super) fn new(watcher: &'a SharedUpdateWatcher, probe: Option<Probe>) -> Self {
        Self { watcher, probe }
    }

    fn journal_mode(&self) -> Option<&'static str> {
        self.probe
            .as_ref()
            .map(|probe| JournalMode::name(probe.journal_mode))
    }

    fn file_system(&self) -> Option<&str> {
        self.probe.as_ref().map(|probe| probe.file_system.as_str())
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Json<'a> {
    Init {
        backend: &'static str,
        requested: &'static str,
        journal_mode: Option<&'a str>,
        file_system: Option<&'a str>,
        caution: Option<String>,
        position: Option<String>,
    },
    Commit(Wake),
    Replaced(Wake),
    Idle(Wake),
    Died {
        reason: &'static str,
        monotonic_ns: u64,
        time: String,
        message: String,
    },
}

/// The fields of each wake, whatever its kind.
#[derive(Debug, Serialize)]
struct Wake {
    seq: u64,
    commits: u64,
    exact: bool,
    monotonic_ns: u64,
    time: String,
    position: Option<String>,
}

/// Where the database stands; nothing if the watcher has just ended, which it says itself.
pub(super) fn position(watcher: &SharedUpdateWatcher) -> Option<String> {
    watcher.position().ok().map(|position| position.to_string())
}

impl Lines {
    pub(super) fn new(format: Format, output: Output) -> Self {
        Self { format, output }
    }

    /// Says that the watcher is ready. For people, on standard error: the output holds wakes only.
    pub(super) fn start(&mut self, start: &Start<'_>) -> io::Result<()> {
        let backend = start.watcher.backend().name();
        if self.format == Format::Json {
            return self.json(&Json::Init {
                backend,
                requested: start.watcher.stats().requested.name(),
                journal_mode: start.journal_mode(),
                file_system: start.file_system(),
                caution: start.watcher.stats().caution,
                position: position(start.watcher),
            });
        }
        let path = in_one_line(start.watcher.path());
        let journal_mode = start.journal_mode().unwrap_or("unknown");
        let file_system = start.file_system().unwrap_or("unknown");
        note(&format!(
            "{DIM}watching {path} (backend {backend}, journal mode {journal_mode}, file system {file_system}){DIM:#}"
        ));
        if let Some(caution) = start.watcher.stats().caution {
            note(&format!("{CAUTION}caution: {caution}{CAUTION:#}"));
        }
        Ok(())
    }

    pub(super) fn wake(
        &mut self,
        update: Update,
        at: Stamp,
        watcher: &SharedUpdateWatcher,
    ) -> io::Result<()> {
        match self.format {
            Format::Silent => Ok(()),
            Format::Text => self.output.line(&text(update, at)),
            Format::Json => {
                let wake = Wake {
                    seq: update.seq,
                    commits: update.commits,
                    exact: update.exact,
                    monotonic_ns: at.monotonic_ns,
                    time: at.rfc3339(),
                    position: position(watcher),
                };
                self.json(&match update.kind {
                    UpdateKind::Replaced => Json::Replaced(wake),
                    UpdateKind::Idle => Json::Idle(wake),
                    _ => Json::Commit(wake),
                })
            }
        }
    }

    pub(super) fn died(&mut self, error: &RecvError, at: Stamp) -> io::Result<()> {
        if self.format != Format::Json {
            return Ok(());
        }
        self.json(&Json::Died {
            reason: error.kind().name(),
            monotonic_ns: at.monotonic_ns,
            time: at.rfc3339(),
            message: error.to_string(),
        })
    }

    fn json(&mut self, line: &Json<'_>) -> io::Result<()> {
        self.output.line(&serde_json::to_string(line)?)
    }
}

fn text(update: Update, at: Stamp) -> String {
    let Update { seq, commits, .. } = update;
    let time = at.rfc3339();
    let noun = if commits == 1 { "commit" } else { "commits" };
    let what = if update.kind == UpdateKind::Idle {
        format!("{DIM}nothing committed{DIM:#}")
    } else if update.kind == UpdateKind::Replaced {
        format!("{CAUTION}database file replaced{CAUTION:#}")
    } else if update.exact {
        format!("{GOOD}{commits} {noun}{GOOD:#}, exact")
    } else {
        format!("{CAUTION}at least {commits} {noun}{CAUTION:#}")
    };
    format!("{DIM}{time}{DIM:#}  wake {BOLD}{seq}{BOLD:#}  {what}")
}
