//! `honker-torture`: random rounds, one round again, a check again, and the watcher process that rounds start.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use honker_testkit::JournalMode;
use honker_torture::faults::Fault;
use honker_torture::plan::Plan;
use honker_torture::run::{self, Orders};
use honker_torture::{round, soak, watch};

/// Proves honker's guarantees over recorded histories of real writers, watchers and faults.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs random rounds; exits with 1 if a guarantee was broken
    Run {
        /// For how long
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// What all choices come from [default: a random number]
        #[arg(long)]
        seed: Option<u64>,
        /// How long the writers of a round run
        #[arg(long, default_value_t = 4000)]
        round_ms: u64,
        /// Only these journal modes
        #[arg(long)]
        mode: Vec<String>,
        /// Only these faults, one in each round
        #[arg(long)]
        fault: Vec<String>,
        /// Where the directories of rounds are made
        #[arg(long, default_value_os_t = std::env::temp_dir())]
        dir: PathBuf,
    },
    /// Runs a plan that a kept round has, so many times
    Again {
        /// The directory of the round
        round: PathBuf,
        /// How many times
        #[arg(long, default_value_t = 1)]
        times: usize,
        /// Where the directories of rounds are made
        #[arg(long, default_value_os_t = std::env::temp_dir())]
        dir: PathBuf,
    },
    /// Checks the history of a kept round again
    Check {
        /// The directory of the round
        round: PathBuf,
    },
    /// Commits and faults for long; exits with 1 if memory, descriptors or threads of a watcher grow
    Soak {
        /// For how long
        #[arg(long, default_value_t = 3600)]
        seconds: u64,
        /// What all choices come from [default: a random number]
        #[arg(long)]
        seed: Option<u64>,
        /// Where the databases are made
        #[arg(long, default_value_os_t = std::env::temp_dir())]
        dir: PathBuf,
    },
    /// Lists the faults
    Faults,
    /// Watches as it is told, for a round
    #[command(hide = true)]
    Watch {
        /// As JSON
        plan: String,
    },
}

fn main() -> ExitCode {
    match carry_out(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("honker-torture: {error}");
            ExitCode::from(2)
        }
    }
}

fn carry_out(command: Command) -> Result<bool, Box<dyn Error>> {
    match command {
        Command::Run {
            seconds,
            seed,
            round_ms,
            mode,
            fault,
            dir,
        } => {
            let seed = seed.unwrap_or_else(|| fastrand::u64(..));
            println!("seed {seed}");
            let summary = run::run(&Orders {
                time: Duration::from_secs(seconds),
                seed,
                round: Duration::from_millis(round_ms),
                modes: mode
                    .iter()
                    .map(|name| mode_named(name))
                    .collect::<Result<_, _>>()?,
                faults: fault
                    .iter()
                    .map(|name| fault_named(name))
                    .collect::<Result<_, _>>()?,
                base: dir,
            })?;
            println!("{summary}");
            let options = [("mode", &mode), ("fault", &fault)];
            let named: String = options
                .into_iter()
                .flat_map(|(option, names)| {
                    names
                        .iter()
                        .flat_map(move |name| [" --", option, " ", name])
                })
                .collect();
            println!(
                "the same choices again: target/debug/honker-torture run --seconds {seconds} --seed {seed} \
                 --round-ms {round_ms}{named}"
            );
            Ok(summary.is_good())
        }
        Command::Again { round, times, dir } => {
            let plan: Plan = round::judge(&round)?.outcome.plan;
            let mut good = true;
            for number in 1..=times {
                let judged = run::carry_out(&plan, &dir)?;
                println!("{}", run::describe(number, &judged));
                good &= judged.broken.is_empty();
            }
            Ok(good)
        }
        Command::Check { round } => {
            let judged = round::judge(&round)?;
            println!("{}", run::describe(1, &judged));
            Ok(judged.broken.is_empty())
        }
        Command::Soak { seconds, seed, dir } => {
            let seed = seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
            println!("seed {seed}");
            Ok(soak::run(Duration::from_secs(seconds), seed, &dir)?)
        }
        Command::Faults => {
            for fault in Fault::ALL {
                println!("{fault}");
            }
            Ok(true)
        }
        Command::Watch { plan } => {
            watch::run(&serde_json::from_str(&plan)?)?;
            Ok(true)
        }
    }
}

fn mode_named(name: &str) -> Result<JournalMode, String> {
    let mut modes = JournalMode::ALL.into_iter();
    let found = modes.find(|mode| mode.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| format!("there is no journal mode {name:?}"))
}

fn fault_named(name: &str) -> Result<Fault, String> {
    Fault::named(name)
        .ok_or_else(|| format!("there is no fault {name:?}: see honker-torture faults"))
}
