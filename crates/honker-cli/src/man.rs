//! `honker man`: the manual pages, honker(1) and one for each subcommand.

use crate::args::{self, Args};
use crate::exit::{Exit, Failure};
use crate::output;
use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io::{self, Write};

pub(crate) fn run(args: &args::Man) -> Result<Exit, Failure> {
    let mut command = Args::command();
    command.build();
    let command = match &args.subcommand {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .filter(|subcommand| !subcommand.is_hide_set())
            .cloned()
            .ok_or_else(|| {
                let message = format!("no such subcommand: {name:?} (see honker --help)");
                Failure::new(Exit::Usage, message)
            })?,
    };
    let mut page = Vec::new();
    render(command, &mut page)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write the page: {error}")))?;
    output::whole(&page)
}

fn render(command: clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    let notes = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let has_subcommands = command.has_subcommands();
    let name = command
        .get_display_name()
        .unwrap_or(command.get_name())
        .to_owned();
    // What the library would make of the notes is running text, and they are tables and examples.
    let man = Man::new(command.after_help(""));
    // The library leaves the empty date out, and then the version stands in its place.
    let version = env!("CARGO_PKG_VERSION");
    writeln!(page, ".TH {name} 1 \"\" \"honker {version}\"")?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if has_subcommands {
        man.render_subcommands_section(page)?;
    }
    sections(&notes).to_writer(page)
}

/// A section for each paragraph, under its first line if that is a heading. Lines stay lines.
fn sections(notes: &str) -> Roff {
    let mut page = Roff::new();
    for paragraph in notes.split("\n\n").filter(|text| !text.trim().is_empty()) {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let (heading, text) = match first {
            "Exit codes:" => ("EXIT STATUS".to_owned(), rest),
            _ if first.ends_with(':') => (first.trim_end_matches(':').to_uppercase(), rest),
            _ => ("NOTES".to_owned(), paragraph),
        };
        page.control("SH", [heading.as_str()]);
        page.control("nf", []);
        for line in text.lines() {
            page.text([roman(line)]);
        }
        page.control("fi", []);
    }
    page
}
