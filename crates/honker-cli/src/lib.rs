//! The `honker` command: a line, or a run of your command, for every commit to a SQLite database.
//!
//! A library so that the Python package has the same command, without the SQLite that `honker demo` and the
//! `data-version` backend bring along (features `demo` and `data-version`).

#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

mod args;
mod clock;
mod command;
mod completions;
#[cfg(all(unix, feature = "demo"))]
mod demo;
mod exit;
mod log;
mod man;
mod output;
mod probe;
#[cfg(unix)]
#[path = "signals/unix.rs"]
mod signals;
#[cfg(windows)]
#[path = "signals/windows.rs"]
mod signals;
mod watch;

use args::{Args, Command};
use exit::{Exit, Failure};
use std::ffi::OsString;

/// Runs the command line `words`, of which the first is the program's name. The exit code of the process.
///
/// It takes over standard input and output, SIGINT, SIGTERM and SIGUSR1: nothing else should run in the process.
#[must_use]
pub fn run(words: impl IntoIterator<Item = OsString>) -> u8 {
    let ended = match Args::parse_line(words) {
        Ok(args) => log::start(args.verbose).and_then(|()| run_command(&args.command)),
        Err(exit) => Ok(exit),
    };
    let exit = ended.unwrap_or_else(|failure| {
        output::complain(&failure.message);
        failure.exit
    });
    exit.code()
}

/// Whether the command line is one to be run. For this project's own tests; not part of the interface.
#[doc(hidden)]
#[must_use]
pub fn understands(words: impl IntoIterator<Item = OsString>) -> bool {
    use clap::Parser;
    match Args::try_parse_from(words) {
        Ok(_) => true,
        Err(error) => {
            // As it would be printed.
            let _ = args::in_one_line(&error);
            false
        }
    }
}

fn run_command(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Watch(args) => watch::run(args),
        Command::Probe(args) => probe::run(args),
        #[cfg(all(unix, feature = "demo"))]
        Command::Demo(args) => demo::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        #[cfg(all(unix, feature = "demo"))]
        Command::DemoWriter(args) => demo::writer::run(args),
    }
}
