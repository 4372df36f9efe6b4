//! A watcher process, seen from the round.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use honker_testkit::clock::monotonic_ns;
use honker_testkit::lines::Lines;
use honker_testkit::process::Process;
use honker_testkit::{FakeClock, LONG, profile_dir};

use crate::checker::Span;
use crate::control::{Order, State, Watching};
use crate::faults::own_limits;

/// How long anything of a process that is tortured may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// `nobody`, whom permissions bind.
const NOBODY: u32 = 65_534;

/// A watcher process. Dropping it kills it.
#[derive(Debug)]
pub struct Watcher {
    /// What it was told to do.
    pub watching: Watching,
    pid: u32,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    process: Process,
    orders: ChildStdin,
    answers: Lines<ChildStdout>,
    stopped: Vec<Span>,
}

/// The program `honker-torture` that belongs to the running one.
pub fn program() -> PathBuf {
    profile_dir().join("honker-torture")
}

impl Watcher {
    /// Starts it, and waits until its subscription is there.
    ///
    /// # Errors
    /// If it ended instead: what `open` refused is on standard error.
    pub fn start(
        watching: Watching,
        as_nobody: bool,
        clock: Option<&FakeClock>,
    ) -> Result<Self, String> {
        let plan = serde_json::to_string(&watching).expect("a plan is JSON");
        let mut command = if watching.own_limits {
            let mut command = own_limits();
            command.arg(program());
            command
        } else {
            Command::new(program())
        };
        command.arg("watch").arg(plan);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        if as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        if let Some(clock) = clock {
            clock.apply(&mut command);
        }
        let mut process = Process::spawn(&mut command);
        let pid = process.pid();
        let orders = process.child().stdin.take().expect("stdin is a pipe");
        let output = process.child().stdout.take().expect("stdout is a pipe");
        let mut answers = Lines::new(output);
        match answers.next(PATIENCE) {
            Ok(line) if line == "ready" => {}
            other => return Err(format!("a watcher process said {other:?}, not ready")),
        }
        Ok(Self {
            watching,
            pid,
            inner: Mutex::new(Inner {
                process,
                orders,
                answers,
                stopped: Vec::new(),
            }),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.watching.log
    }

    /// Gives an order, and waits for how it is then.
    pub fn order(&self, order: &Order) -> State {
        let mut inner = self.inner();
        inner.give(order);
        let line = inner.answers.next(PATIENCE);
        let line = line.unwrap_or_else(|why| panic!("watcher {} is silent: {why:?}", self.pid));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }

    /// How it is.
    pub fn state(&self) -> State {
        self.order(&Order::State {})
    }

    /// Keeps the process stopped while `meanwhile` runs.
    pub fn stopped(&self, meanwhile: impl FnOnce()) {
        let mut inner = self.inner();
        let from_ns = monotonic_ns();
        inner.process.stop();
        meanwhile();
        inner.process.cont();
        let to_ns = monotonic_ns();
        inner.stopped.push(Span { from_ns, to_ns });
    }

    /// When it was stopped.
    pub fn spans(&self) -> Vec<Span> {
        self.inner().stopped.clone()
    }

    /// Lets it listen until nothing more can come, and waits for its end.
    ///
    /// # Errors
    /// How it ended otherwise.
    pub fn finish(&self, last_began_ns: u64, within: Duration) -> Result<(), String> {
        let mut inner = self.inner();
        inner.give(&Order::Finish {
            last_began_ns,
            within_ms: u64::try_from(within.as_millis()).unwrap_or(u64::MAX),
        });
        match inner.answers.next(within * 3 + PATIENCE) {
            Ok(line) if line == "finished" => {
                let status = inner.process.wait(LONG);
                if status.success() {
                    Ok(())
                } else {
                    Err(format!("the watcher process ended with {status}"))
                }
            }
            other => {
                inner.process.kill();
                Err(format!("the watcher process said {other:?}, not finished"))
            }
        }
    }
}

impl Inner {
    fn give(&mut self, order: &Order) {
        let mut line = serde_json::to_string(order).expect("an order is JSON");
        line.push('\n');
        // A process that has ended is noticed by its missing answer.
        let _ = self.orders.write_all(line.as_bytes());
    }
}
