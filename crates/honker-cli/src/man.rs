//! `honker man`: the manual page, with a section for each subcommand.

use crate::args::Args;
use crate::exit::{Exit, Failure};
use crate::output;
use clap::CommandFactory;
use clap_mangen::Man;
use std::io;

pub(crate) fn run() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    render(&mut page)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write the page: {error}")))?;
    output::whole(&page)
}

fn render(page: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Args::command();
    command.build();
    let whole = Man::new(command.clone());
    whole.render_title(page)?;
    whole.render_name_section(page)?;
    whole.render_synopsis_section(page)?;
    whole.render_description_section(page)?;
    whole.render_options_section(page)?;
    for subcommand in command.get_subcommands().filter(|each| !each.is_hide_set()) {
        if subcommand.get_name() == "help" {
            continue;
        }
        let part = Man::new(subcommand.clone());
        part.render_synopsis_section(page)?;
    }
    whole.render_extra_section(page)
}
