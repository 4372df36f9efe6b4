//! The demo's writer, seen from the watcher's process.

use super::PATIENCE;
use crate::exit::{Exit, Failure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// It ends when its input does; dropping it kills it.
#[derive(Debug)]
pub(super) struct WriterProcess {
    child: Child,
    // None once the input is closed.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl WriterProcess {
    /// Starts this same program as the writer, and waits until its database is there.
    pub(super) fn start(database: &Path, journal_mode: &str) -> Result<Self, Failure> {
        let mut child = std::env::current_exe()
            .and_then(|honker| {
                Command::new(honker)
                    .arg("demo-writer")
                    .arg(database)
                    .arg(journal_mode)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    // Ctrl-C is for the watcher, which then ends the writer.
                    .process_group(0)
                    .spawn()
            })
            .map_err(|error| failed("cannot be started", &error))?;
        let orders = child.stdin.take();
        let Some(answers) = child.stdout.take() else {
            return Err(failed("cannot be started", &"it has no pipe"));
        };
        let mut writer = Self {
            child,
            orders,
            answers: BufReader::new(answers),
        };
        writer.answer()?;
        Ok(writer)
    }

    pub(super) fn ask_for_a_commit(&mut self) -> Result<(), Failure> {
        let Some(orders) = &mut self.orders else {
            return Err(failed("takes no orders", &"its input is closed"));
        };
        orders
            .write_all(b"c")
            .map_err(|error| failed("takes no orders", &error))
    }

    /// When the commit that was asked for returned, in CLOCK_MONOTONIC.
    pub(super) fn committed_at(&mut self) -> Result<u64, Failure> {
        let answer = self.answer()?;
        answer
            .parse()
            .map_err(|error| failed("answers strangely", &error))
    }

    /// Lets it close its database and end.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        drop(self.orders.take());
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed("failed", &status)),
            Err(error) => Err(failed("cannot be waited for", &error)),
        }
    }

    fn answer(&mut self) -> Result<String, Failure> {
        // One answer an order, each written at once: the buffer is empty here.
        if !self.is_readable()? {
            return Err(failed("is stuck", &"no answer came"));
        }
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(failed("ended", &"it told why above")),
            Ok(_) => Ok(line.trim().to_owned()),
            Err(error) => Err(failed("cannot be heard", &error)),
        }
    }

    fn is_readable(&self) -> Result<bool, Failure> {
        let timeout = Timespec::try_from(PATIENCE).ok();
        loop {
            let mut asked = [PollFd::new(self.answers.get_ref(), PollFlags::IN)];
            match poll(&mut asked, timeout.as_ref()) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(failed("cannot be heard", &error)),
            }
        }
    }
}

impl Drop for WriterProcess {
    fn drop(&mut self) {
        // Both do nothing to one that has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn failed(what: &str, why: &dyn Display) -> Failure {
    let message =
        format!("the demo's writer {what}: {why}. Try again; if it stays so, please report it");
    Failure::new(Exit::Failed, message)
}
