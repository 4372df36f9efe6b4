//! `honker`: a line, or a run of your command, for every commit to a SQLite database.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod args;
mod clock;
mod command;
mod completions;
mod demo;
mod exit;
mod log;
mod man;
mod output;
mod probe;
mod signals;
mod watch;

use args::{Args, Command};
use exit::{Exit, Failure};
use std::process::ExitCode;

fn main() -> ExitCode {
    let ended = match Args::from_command_line() {
        Ok(args) => log::start(args.verbose).and_then(|()| run(&args.command)),
        Err(exit) => return exit.into(),
    };
    match ended {
        Ok(exit) => exit,
        Err(failure) => {
            output::complain(&failure.message);
            failure.exit
        }
    }
    .into()
}

fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Watch(args) => watch::run(args),
        Command::Probe(args) => probe::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        Command::DemoWriter(args) => demo::writer::run(args),
    }
}
