//! `honker completions`: what clap knows of the command line, as a script for a shell.

use crate::args::{Args, Completions};
use crate::exit::{Exit, Failure};
use crate::output;
use clap::CommandFactory;

pub(crate) fn run(args: &Completions) -> Result<Exit, Failure> {
    let whole = Args::command();
    // clap_complete offers hidden subcommands as well.
    let shown = whole.get_subcommands().filter(|each| !each.is_hide_set());
    let mut shown = clap::Command::new("honker")
        .args(whole.get_arguments().cloned())
        .subcommands(shown.cloned());
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut shown, "honker", &mut script);
    output::whole(&script)
}
