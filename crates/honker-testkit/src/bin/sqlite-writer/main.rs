//! A process with its own SQLite that does what a test tells it.
//!
//! `sqlite-writer` reads one command per line on standard input and answers each with one line
//! (`honker_testkit::protocol`); it ends with its input. `sqlite-writer once --db PATH --sql SQL` runs SQL and
//! ends, for tests with a process per statement.

mod commit_loop;
mod numbered_loop;
mod once;
mod run;
mod session;

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use session::Session;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => serve(),
        Some("once") => once::main(arguments),
        Some(other) => {
            eprintln!("sqlite-writer: unknown mode {other:?}; the modes are: none, once");
            ExitCode::from(2)
        }
    }
}

/// Answers commands until there are no more.
fn serve() -> ExitCode {
    let mut session = Session::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let command = match serde_json::from_str(&line) {
            Ok(command) => command,
            Err(error) => {
                eprintln!("sqlite-writer: not a command: {error}: {line}");
                return ExitCode::from(2);
            }
        };
        let reply = session.answer(command);
        let mut text = serde_json::to_string(&reply).expect("a reply is JSON");
        text.push('\n');
        // One write per answer; when nobody reads any more there is nothing left to do.
        if output.write_all(text.as_bytes()).is_err() || output.flush().is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}
