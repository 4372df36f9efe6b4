//! The real command, started by a test, with a deadline on everything that is waited for.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test uses a part, and each is a crate of its own"
)]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use honker_testkit::LONG;
use honker_testkit::process::Process;
#[cfg(unix)]
use nix::sys::signal::{Signal, kill};
#[cfg(unix)]
use nix::unistd::Pid;
use serde_json::Value;

/// The command's program.
pub const HONKER: &str = env!("CARGO_BIN_EXE_honker");

/// A running `honker`. Dropping it kills it.
#[derive(Debug)]
pub struct Honker {
    process: Process,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// How it ended, and what it printed that was not read before.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
}

/// `honker` with these arguments, and nothing in its environment that changes what it prints.
pub fn command<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    #[cfg(unix)]
    // A test may have been started with signals ignored, as by `make test &` in a script, and `honker` honours that.
    let mut command = {
        let mut command = Command::new("env");
        command
            .arg("--default-signal=INT,HUP,QUIT,TERM,PIPE")
            .arg(HONKER);
        command
    };
    #[cfg(windows)]
    let mut command = Command::new(HONKER);
    command
        .args(arguments)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR")
        .env_remove("CLICOLOR_FORCE");
    command
}

/// Runs `honker` to its end.
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    Honker::start(&mut command(arguments)).end()
}

/// `honker watch --json` on a database, ready.
pub fn watch_json(database: &Path, options: &[&str]) -> Honker {
    let honker = start_watch(database, &[&["--json"], options].concat());
    assert_eq!(honker.json()["event"], "init");
    honker
}

/// `honker watch` with options before the database and, after `--`, a command.
pub fn start_watch(database: &Path, options: &[&str]) -> Honker {
    let split = options.iter().position(|option| *option == "--");
    let (before, after) = options.split_at(split.unwrap_or(options.len()));
    let mut command = command(["watch"]);
    command.args(before).arg(database).args(after);
    Honker::start(&mut command)
}

impl Honker {
    pub fn start(command: &mut Command) -> Self {
        let mut process = Process::spawn(
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        );
        let child = process.child();
        let stdout = lines_of(child.stdout.take().expect("a pipe"));
        let stderr = lines_of(child.stderr.take().expect("a pipe"));
        Self {
            process,
            stdout,
            stderr,
        }
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The next line of standard output.
    pub fn line(&self) -> String {
        match self.stdout.recv_timeout(LONG) {
            Ok(line) => line,
            Err(why) => panic!("no line: {why}; standard error: {:?}", self.errors_so_far()),
        }
    }

    /// The next line of standard output, as JSON.
    pub fn json(&self) -> Value {
        parse(&self.line())
    }

    /// Reads wakes until they account for so many commits; gives the last one.
    pub fn commits(&self, wanted: u64) -> Value {
        let mut seen = 0;
        loop {
            let wake = self.json();
            assert_eq!(wake["event"], "commit", "{wake}");
            seen += wake["commits"].as_u64().expect("a number");
            assert!(seen <= wanted, "{seen} of {wanted} commits: {wake}");
            if seen == wanted {
                return wake;
            }
        }
    }

    /// The next line of standard error.
    pub fn error_line(&self) -> String {
        self.stderr.recv_timeout(LONG).expect("a line")
    }

    /// Waits for the line that says that `honker watch` is ready.
    pub fn ready(&self) -> String {
        let line = self.error_line();
        assert!(line.starts_with("watching "), "{line}");
        line
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).expect("process numbers fit");
        kill(Pid::from_raw(pid), signal).expect("the process is there");
    }

    /// SIGSTOP; returns when it has really stopped.
    #[cfg(unix)]
    pub fn stop(&self) {
        self.process.stop();
    }

    #[cfg(unix)]
    pub fn cont(&self) {
        self.process.cont();
    }

    pub fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        let code = self.process.wait(LONG).code();
        Ended {
            code,
            stdout: rest_of(&self.stdout),
            stderr: rest_of(&self.stderr),
        }
    }

    fn errors_so_far(&self) -> Vec<String> {
        self.stderr.try_iter().collect()
    }
}

impl Ended {
    /// The only line of standard error, after the one that says what is watched.
    pub fn complaint(&self) -> &str {
        let complaints: Vec<_> = self
            .stderr
            .iter()
            .filter(|line| !line.starts_with("watching "))
            .collect();
        assert_eq!(complaints.len(), 1, "one line: {self:?}");
        assert!(complaints[0].starts_with("honker: "), "{self:?}");
        complaints[0]
    }

    pub fn json(&self) -> Vec<Value> {
        self.stdout.iter().map(|line| parse(line)).collect()
    }
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            if send.send(line.expect("text")).is_err() {
                return;
            }
        }
    });
    receive
}

fn rest_of(lines: &Receiver<String>) -> Vec<String> {
    let mut rest = Vec::new();
    loop {
        match lines.recv_timeout(LONG) {
            Ok(line) => rest.push(line),
            Err(RecvTimeoutError::Disconnected) => return rest,
            Err(RecvTimeoutError::Timeout) => panic!("the pipe stays open; so far: {rest:?}"),
        }
    }
}
