//! The command line.

mod values;

use crate::exit::{self, Exit};
use crate::output;
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use honker_core::{OnReplace, Position, WatcherBackend};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  honker watch app.db                            a line for every wake
  honker watch --json app.db | jq .commits       the same for programs
  honker watch --count 1 --timeout 5s app.db     wait for the next commit, 5 seconds at most
  honker watch app.db -- make report             run a command whenever something was committed
  honker watch --debounce 200ms app.db -- sh -c 'echo $HONKER_COMMITS new commits'
  honker watch --stats=10s app.db                with a line of statistics each 10 seconds
  honker watch --since $(cat position) app.db    go on where an earlier run ended
  honker probe app.db                            what works for this database, and why not";

const DEMO_EXAMPLE: &str = if cfg!(all(unix, feature = "demo")) {
    "\n  honker demo                                    see it work"
} else {
    ""
};

const WATCH_HELP: &str = "\
Commits between two wakes are one wake; each tells how many they were. Watching takes no lock, writes nothing and
opens no connection; only --backend data-version asks SQLite itself.

With CMD:
  It is run on each wake, once at a time: wakes during a run become one further run. Its standard input is empty
  (/dev/null), and only its own output is shown, unless --json asks for the lines as well. In its environment:
    HONKER_SEQ      the number of the last wake
    HONKER_COMMITS  the commits since the run before, at least
    HONKER_DB       the absolute path of the database
    HONKER_POSITION where the database stands as the run begins: keep it for --since
  Ctrl-C and SIGTERM are passed on to it, and it is waited for; the second one kills it. At --timeout it gets SIGTERM,
  and SIGKILL 5 seconds later. When the database is replaced, what was committed before still gets its run. A CMD that
  commits to DB wakes itself.

With --stats, and on SIGUSR1 (not on Windows), a line on standard error:
  stats: backend=kernel looks=9 busy_looks=0 wakes=3 commits=14 hints=12 sweeps=2 sweeps_found=0 ...
  A wake that was not exact adds conservative.REASON=N. Fields may be added.

With --json, one object per line, flushed (stable; fields may be added):
  {\"event\":\"init\",\"backend\":\"kernel\",\"requested\":\"auto\",\"journal_mode\":\"wal\",\"file_system\":\"ext4\",\"caution\":null,\"position\":\"...\"}
      Every commit from here on wakes. journal_mode: wal, rollback, undecided (no file, or 0 bytes); null if unknown.
  {\"event\":\"commit\",\"seq\":1,\"commits\":1,\"exact\":true,\"monotonic_ns\":1,\"time\":\"2026-01-31T12:00:00.000001Z\",\"position\":\"...\"}
      If exact is false, commits is a lower bound. monotonic_ns is CLOCK_MONOTONIC (Windows: the performance counter) at the wake. position, kept until
      what the line told has been dealt with, is for --since. With --on-replace follow and with --idle there are the
      events \"replaced\" and \"idle\", too, with the same fields.
  {\"event\":\"died\",\"reason\":\"replaced\",\"monotonic_ns\":1,\"time\":\"2026-01-31T12:00:00.000001Z\",\"message\":\"...\"}

";

const COMPLETIONS_HELP: &str = "\
To use it:
  bash  honker completions bash > ~/.local/share/bash-completion/completions/honker
  zsh   honker completions zsh > ~/.zfunc/_honker        (~/.zfunc has to be in $fpath)
  fish  honker completions fish > ~/.config/fish/completions/honker.fish";

/// Wakes you on every commit to a SQLite database: any writer process, any journal mode, nothing to install in it
#[derive(Debug, Parser)]
#[command(name = "honker", version, after_help = format!("{EXAMPLES}{DEMO_EXAMPLE}\n\n{}", exit::HELP))]
pub(crate) struct Args {
    /// Tell on standard error what the watcher does (as HONKER_LOG=info); twice: also each wake that is not exact (debug)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print a line, or run a command, for every commit
    #[command(after_help = format!("{WATCH_HELP}{}", exit::HELP))]
    Watch(Box<Watch>),
    /// Tell what a database file is and which backends work for it
    Probe(Probe),
    /// Watch a real writer in another process, with the latency of each wake
    #[cfg(all(unix, feature = "demo"))]
    Demo(Demo),
    /// Print a script that completes honker's command line in a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(Completions),
    /// Print a manual page: honker man | man -l -
    Man(Man),
    #[cfg(all(unix, feature = "demo"))]
    #[command(hide = true)]
    DemoWriter(DemoWriter),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// Where wakes come from: see docs/backends.md for when to use which
    #[arg(long, value_name = "NAME", default_value = "auto")]
    #[arg(value_parser = values::Backend)]
    pub(crate) backend: WatcherBackend,
    /// How often polling and data-version look, 100us to 1m [default: 1ms]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    #[arg(value_parser = values::duration)]
    pub(crate) poll_interval: Option<Duration>,
    /// Print JSON, one object per line
    #[arg(long)]
    pub(crate) json: bool,
    /// End after N wakes; with CMD, after N runs
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    #[arg(value_parser = values::at_least_one)]
    pub(crate) count: Option<u64>,
    /// End after this time in total, for example 500ms, 5s or 2m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    #[arg(value_parser = values::duration)]
    pub(crate) timeout: Option<Duration>,
    /// Tell on standard error what the watcher has done, at the end and, if given, each TIME; SIGUSR1 asks for it any time
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        allow_hyphen_values = true
    )]
    #[arg(value_parser = values::duration)]
    #[expect(
        clippy::option_option,
        reason = "clap's own form of an option with an optional value"
    )]
    pub(crate) stats: Option<Option<Duration>>,
    /// Accept that the database does not exist yet; its first commit wakes
    #[arg(long)]
    pub(crate) wait_for_file: bool,
    /// Before running CMD, wait until nothing was committed for this long
    #[arg(
        long,
        value_name = "TIME",
        requires = "command",
        allow_hyphen_values = true
    )]
    #[arg(value_parser = values::duration)]
    pub(crate) debounce: Option<Duration>,
    /// End when CMD fails, with its exit code
    #[arg(long, requires = "command")]
    pub(crate) exit_on_error: bool,
    /// Wake at once if anything may have been committed since that position (from --json, or HONKER_POSITION)
    #[arg(long, value_name = "POSITION")]
    #[arg(value_parser = values::position)]
    pub(crate) since: Option<Position>,
    /// What to do when the database is replaced: end, or wake once and go on with the new file
    #[arg(long, value_name = "WHAT", default_value = "die")]
    #[arg(value_parser = values::on_replace())]
    pub(crate) on_replace: OnReplace,
    /// The least time between two wakes; what is committed meanwhile is one
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    #[arg(value_parser = values::duration)]
    pub(crate) min_interval: Option<Duration>,
    /// Wake when nothing was committed for this long, too
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    #[arg(value_parser = values::duration)]
    pub(crate) idle: Option<Duration>,
    /// The database file
    #[arg(value_name = "DB", value_parser = values::path())]
    pub(crate) database: PathBuf,
    /// A command to run on each wake
    #[arg(last = true, value_names = ["CMD", "ARGS"])]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Probe {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// The database file
    #[arg(value_name = "DB", value_parser = values::path())]
    pub(crate) database: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// For which shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// The subcommand whose page it is
    pub(crate) subcommand: Option<String>,
}

#[cfg(all(unix, feature = "demo"))]
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// How many commits to make in each journal mode
    #[arg(
        long,
        value_name = "N",
        default_value = "100",
        allow_hyphen_values = true
    )]
    #[arg(value_parser = values::at_least_one)]
    pub(crate) commits: u64,
}

/// The process that writes for `honker demo`.
#[cfg(all(unix, feature = "demo"))]
#[derive(Debug, clap::Args)]
pub(crate) struct DemoWriter {
    pub(crate) database: PathBuf,
    pub(crate) journal_mode: String,
}

impl Args {
    /// Reads the command line. What is wrong with it, or what it asks to know, is printed; then only the exit is left.
    pub(crate) fn parse_line(words: impl IntoIterator<Item = OsString>) -> Result<Self, Exit> {
        Self::try_parse_from(words).map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                // Where nobody reads it, it need not be written.
                let _ = error.print();
                Exit::Done
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                let _ = error.print();
                Exit::Usage
            }
            _ => {
                output::complain(&in_one_line(&error));
                Exit::Usage
            }
        })
    }
}

/// clap explains over several lines and paragraphs, and repeats the usage.
pub(crate) fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraphs = text
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty() && !line.starts_with("Usage:"))
        .take_while(|line| !line.starts_with("For more information"));
    let line = paragraphs.collect::<Vec<_>>().join("; ");
    let message = line.strip_prefix("error: ").unwrap_or(&line);
    format!("{message} (see honker --help)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
