//! `honker completions`: what clap knows of the command line, as a script for a shell.

use crate::args::{Args, Completions};
use crate::exit::{Exit, Failure};
use crate::output;
use clap::CommandFactory;

pub(crate) fn run(args: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "honker", &mut script);
    output::whole(&script)
}
