//! A contender's process, as the bench sees it. Whatever it does, each answer has a deadline.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use honker_bench_contender::protocol::{Command, Holdings, Reply, Usage, Wake};
use honker_testkit::lines::{Lines, NoLine};
use honker_testkit::process::Process;

use crate::contender::Name;

/// Long enough for every command that only has to be carried out.
const SOON: Duration = Duration::from_secs(20);

/// The programs that contenders run in.
#[derive(Clone, Debug)]
pub struct Programs {
    /// This one.
    pub bench: PathBuf,
    /// The one with the published crate, which may be missing.
    pub published: PathBuf,
}

/// Dropping it kills the process.
pub(crate) struct Child {
    process: Process,
    commands: ChildStdin,
    replies: Lines<ChildStdout>,
}

impl Child {
    /// Starts a contender, and lets it watch these.
    pub(crate) fn watching(
        name: Name,
        programs: &Programs,
        databases: Vec<PathBuf>,
    ) -> Result<(Self, u64), String> {
        let mut child = Self::start(name, programs)?;
        match child.ask(&Command::Watch { databases }, SOON)? {
            Reply::Watching { took_ns } => Ok((child, took_ns)),
            other => Err(unexpected(&other)),
        }
    }

    /// The same with one database, whose wakes are recorded.
    pub(crate) fn recording(
        name: Name,
        programs: &Programs,
        database: &Path,
        reads: bool,
    ) -> Result<Self, String> {
        let (mut child, _) = Self::watching(name, programs, vec![database.to_owned()])?;
        child.done(&Command::Run { reads })?;
        Ok(child)
    }

    fn start(name: Name, programs: &Programs) -> Result<Self, String> {
        let mut command = name.command(&programs.bench, &programs.published)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // What it has to say comes as an answer.
        command.stderr(Stdio::null());
        let mut process = Process::spawn(&mut command);
        let pipes = (process.child().stdin.take(), process.child().stdout.take());
        let (Some(commands), Some(replies)) = pipes else {
            return Err("no pipes".to_owned());
        };
        Ok(Self {
            process,
            commands,
            replies: Lines::new(replies),
        })
    }

    pub(crate) fn send(&mut self, command: &Command) -> Result<(), String> {
        let mut line = serde_json::to_string(command).map_err(|error| error.to_string())?;
        line.push('\n');
        let written = self.commands.write_all(line.as_bytes());
        written.map_err(|error| format!("its process takes no command: {error}"))
    }

    /// The answer to the oldest command without one.
    pub(crate) fn receive(&mut self, within: Duration) -> Result<Reply, String> {
        let line = self.replies.next(within).map_err(|none| match none {
            NoLine::Late => format!("no answer within {within:?}"),
            NoLine::Ended if self.process.is_running() => "its process answers no more".to_owned(),
            NoLine::Ended => "its process ended".to_owned(),
        })?;
        match serde_json::from_str(&line).map_err(|error| format!("{error} in {line}"))? {
            Reply::Refused { reason } => Err(reason),
            reply => Ok(reply),
        }
    }

    pub(crate) fn ask(&mut self, command: &Command, within: Duration) -> Result<Reply, String> {
        self.send(command)?;
        self.receive(within)
    }

    /// How long a command took that gives nothing else.
    pub(crate) fn done(&mut self, command: &Command) -> Result<u64, String> {
        match self.ask(command, SOON)? {
            Reply::Done { took_ns } => Ok(took_ns),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn usage(&mut self) -> Result<Usage, String> {
        match self.ask(&Command::Usage {}, SOON)? {
            Reply::Used(usage) => Ok(usage),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn holdings(&mut self) -> Result<Holdings, String> {
        match self.ask(&Command::Holdings {}, SOON)? {
            Reply::Held(holdings) => Ok(holdings),
            other => Err(unexpected(&other)),
        }
    }

    /// Wakes since the last time.
    ///
    /// # Errors
    ///
    /// The subscription has ended.
    pub(crate) fn wakes(&mut self) -> Result<Vec<Wake>, String> {
        match self.ask(&Command::Wakes {}, SOON)? {
            Reply::Wakes { wakes, ended } if ended.is_empty() => Ok(wakes),
            Reply::Wakes { ended, .. } => Err(ended.join("; ")),
            other => Err(unexpected(&other)),
        }
    }
}

pub(crate) fn unexpected(reply: &Reply) -> String {
    format!("an answer to something else: {reply:?}")
}
