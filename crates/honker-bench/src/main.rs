//! `honker-bench`: runs the bench, and tells what it found.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use honker_bench::contender::{self, Name};
use honker_bench::plan::Plan;
use honker_bench::results::Results;
use honker_bench::{look, report, run};

/// Measures honker beside every other way to notice a commit.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures everything, writes the results and the plots, and shows the tables
    Run {
        /// A minute or two instead of about nine: fewer settings and repeats
        #[arg(long)]
        quick: bool,
        /// Only these workloads: latency, idle, storm, interference, correctness, fan_out, look
        #[arg(long)]
        only: Vec<String>,
        /// Only these contenders
        #[arg(long, value_parser = name)]
        contender: Vec<Name>,
        /// Where the results go; the plots go beside them
        #[arg(long, default_value = "target/bench/results.json")]
        out: PathBuf,
        /// The program with the published crate [default: the one in target/published]
        #[arg(long)]
        published: Option<PathBuf>,
    },
    /// Shows the tables of a run
    Show {
        /// Its results
        #[arg(default_value = "docs/bench/results.json")]
        results: PathBuf,
    },
    /// Writes the tables of docs/bench/results.json into README.md and docs/performance.md, and draws its plots
    Readme {
        /// Copies these results to docs/bench/results.json first
        #[arg(long)]
        from: Option<PathBuf>,
        /// The directory of the project
        #[arg(long, default_value = ".")]
        project: PathBuf,
    },
    /// Runs a contender, for the bench
    #[command(hide = true)]
    Contender {
        /// Which
        #[arg(value_parser = name)]
        name: Name,
    },
    /// Looks at a database, and prints what one look took
    #[command(hide = true)]
    Look {
        /// How
        way: String,
        /// How often
        looks: u64,
        /// The database
        database: PathBuf,
    },
}

fn name(text: &str) -> Result<Name, String> {
    text.parse()
}

fn main() -> ExitCode {
    match carry_out(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("honker-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(command: Command) -> Result<(), String> {
    match command {
        Command::Run {
            quick,
            only,
            contender,
            out,
            published,
        } => {
            let mut plan = if quick { Plan::quick() } else { Plan::full() };
            if !only.is_empty() {
                plan = plan.with(&only);
            }
            if !contender.is_empty() {
                plan = plan.of(&contender);
            }
            let programs = run::programs(published)?;
            let results = run::run(&plan, &programs);
            results.write(&out)?;
            report::plots::write(&results, &out)?;
            println!("{}", report::terminal::tables(&results));
            println!("written to {}", out.display());
            Ok(())
        }
        Command::Show { results } => {
            println!("{}", report::terminal::tables(&Results::read(&results)?));
            Ok(())
        }
        Command::Readme { from, project } => {
            if let Some(from) = from {
                let results = Results::read(&from)?;
                results.write(&project.join(report::regions::RESULTS))?;
            }
            report::regions::write(&project)
        }
        Command::Contender { name } => contender::serve_as(name),
        Command::Look {
            way,
            looks,
            database,
        } => {
            println!("{}", look::time(&way, &database, looks)?);
            Ok(())
        }
    }
}
