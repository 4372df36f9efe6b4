//! `honker probe`: the library's diagnosis, for people and for programs.

use crate::args;
use crate::exit::{Exit, Failure};
use crate::output::{self, BAD, BOLD, CAUTION, DIM, GOOD, Output, in_one_line};
use honker_core::{BackendVerdict, Probe, probe};

pub(crate) fn run(args: &args::Probe) -> Result<Exit, Failure> {
    let probe = probe(&args.database)?;
    let text = if args.json {
        json(&probe)?
    } else {
        text(&probe)
    };
    match Output::new().line(&text) {
        Ok(()) => Ok(Exit::Done),
        Err(error) => output::lost(&error),
    }
}

fn json(probe: &Probe) -> Result<String, Failure> {
    serde_json::to_string(probe)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write JSON: {error}")))
}

fn text(probe: &Probe) -> String {
    let mut lines = vec![row("database", &in_one_line(&probe.path))];
    if probe.real_path != probe.path {
        lines.push(row("really at", &in_one_line(&probe.real_path)));
    }
    if !probe.exists {
        let missing = format!("{CAUTION}not there yet{CAUTION:#}: watch it with --wait-for-file");
        lines.push(row("file", &missing));
    }
    let shared = if probe.shared_file_system {
        format!(
            ", {CAUTION}shared{CAUTION:#}: other hosts can write without this one noticing at once"
        )
    } else {
        String::new()
    };
    lines.push(row(
        "file system",
        &format!("{}{shared}", probe.file_system),
    ));
    if let Some(point) = &probe.mount_point {
        let part = probe
            .mount_root
            .as_deref()
            .map_or_else(String::new, |root| {
                format!(", a part of the file system: {}", in_one_line(root))
            });
        lines.push(row("mounted at", &format!("{}{part}", in_one_line(point))));
    }
    lines.push(row("journal mode", probe.journal_mode.name()));
    lines.push(row("sidecars", &sidecars(probe)));
    let descriptors = if probe.private_descriptor_table {
        "private to the observer thread"
    } else {
        "kept open while the files have names (this system refuses a private table)"
    };
    lines.push(row("descriptors", descriptors));
    let verdicts = probe.backends.iter().map(verdict);
    for caution in &probe.cautions {
        let caution = format!("{CAUTION}{caution}{CAUTION:#}");
        lines.push(row("caution", &caution));
    }
    lines.push(format!("{BOLD}backends{BOLD:#}"));
    lines.extend(verdicts);
    lines.join("\n")
}

fn row(name: &str, value: &str) -> String {
    format!("{BOLD}{name:<13}{BOLD:#} {value}")
}

fn sidecars(probe: &Probe) -> String {
    let found: Vec<String> = probe
        .sidecars
        .iter()
        .map(|(suffix, bytes)| format!("{suffix} ({bytes} bytes)"))
        .collect();
    if found.is_empty() {
        "none".to_owned()
    } else {
        found.join(", ")
    }
}

fn verdict(verdict: &BackendVerdict) -> String {
    let name = verdict.backend.name();
    let works = if verdict.usable {
        format!("{GOOD}works{GOOD:#}")
    } else {
        format!("{BAD}no   {BAD:#}")
    };
    let reason = &verdict.reason;
    let line = format!("  {name:<12} {works}  {DIM}{reason}{DIM:#}");
    if reason.is_empty() {
        return format!("  {name:<12} {works}");
    }
    line
}
