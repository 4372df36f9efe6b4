//! The `sqlite3` command-line shell as a writer: another version of SQLite, packaged by somebody else.

use std::io::Write;
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use crate::lines::Lines;
use crate::process::Process;
use crate::wait::LONG;

/// Any shell may meet a reader for a moment, if only one that a `data-version` watcher is.
const WAIT_FOR_LOCKS: &str = ".timeout 5000";

/// A shell that stays, fed through its standard input.
#[derive(Debug)]
pub struct Shell {
    process: Process,
    input: ChildStdin,
    output: Lines<ChildStdout>,
    errors: Lines<ChildStderr>,
    asked: u64,
}

impl Shell {
    /// Whether there is such a program here.
    pub fn installed() -> bool {
        Command::new("sqlite3")
            .arg("-version")
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Runs SQL in a process of its own, which waits up to 5 s for locks, and waits for its end.
    pub fn once(path: impl AsRef<Path>, sql: &str) -> Output {
        command(path.as_ref())
            .arg(sql)
            .output()
            .expect("the sqlite3 shell is installed")
    }

    /// Starts a shell on a database; it waits up to 5 s for locks.
    pub fn spawn(path: impl AsRef<Path>) -> Self {
        let mut process = Process::spawn(
            command(path.as_ref())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        );
        let child = process.child();
        let input = child.stdin.take().expect("stdin is a pipe");
        let output = Lines::new(child.stdout.take().expect("stdout is a pipe"));
        let errors = Lines::new(child.stderr.take().expect("stderr is a pipe"));
        Self {
            process,
            input,
            output,
            errors,
            asked: 0,
        }
    }

    /// Runs SQL or a dot command: the lines it printed, or its errors.
    pub fn exec(&mut self, sql: &str) -> Result<Vec<String>, String> {
        self.start(sql);
        self.finish()
    }

    /// Starts [`Self::exec`] without waiting.
    pub fn start(&mut self, sql: &str) {
        self.asked += 1;
        // A statement ends on a line of its own, in case its last line is a comment; a dot command is one line.
        let end = if sql.starts_with('.') { "" } else { ";\n" };
        let text = format!("{sql}\n{end}.print {}\n", mark(self.asked));
        self.input
            .write_all(text.as_bytes())
            .expect("the shell takes commands");
    }

    /// The result of the last [`Self::start`].
    pub fn finish(&mut self) -> Result<Vec<String>, String> {
        let mark = mark(self.asked);
        let mut lines = Vec::new();
        loop {
            match self.output.next(LONG) {
                Ok(line) if line == mark => break,
                Ok(line) => lines.push(line),
                Err(why) => panic!("the shell did not answer: {why:?}"),
            }
        }
        // The shell does not buffer its errors: they were written before the mark.
        let mut errors = Vec::new();
        while let Ok(line) = self.errors.next(Duration::ZERO) {
            errors.push(line);
        }
        if errors.is_empty() {
            Ok(lines)
        } else {
            Err(errors.join("\n"))
        }
    }

    /// The process, to stop, continue or kill it.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

fn command(path: &Path) -> Command {
    let mut command = Command::new("sqlite3");
    // Nobody's ~/.sqliterc belongs in a test.
    command
        .env("HOME", "/nonexistent")
        .args(["-batch", "-cmd", WAIT_FOR_LOCKS])
        .arg(path);
    command
}

fn mark(number: u64) -> String {
    format!("honker-testkit-{number}")
}
