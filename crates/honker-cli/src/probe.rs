//! `honker probe`: the library's diagnosis, for people and for programs.

use crate::args;
use crate::exit::{Exit, Failure};
use crate::output::{self, BAD, BOLD, CAUTION, DIM, GOOD, Output};
use honker_core::{BackendVerdict, Probe, probe};
use serde::Serialize;
use std::path::Path;

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

/// The stable shape. Paths that are not UTF-8 are shown with replacement characters.
#[derive(Debug, Serialize)]
struct Json<'a> {
    path: String,
    real_path: String,
    exists: bool,
    file_system: &'a str,
    shared_file_system: bool,
    journal_mode: &'static str,
    sidecars: Vec<Sidecar<'a>>,
    private_descriptor_table: bool,
    backends: Vec<Backend<'a>>,
}

#[derive(Debug, Serialize)]
struct Sidecar<'a> {
    suffix: &'a str,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Backend<'a> {
    #[serde(rename = "backend")]
    name: &'static str,
    usable: bool,
    reason: &'a str,
}

fn json(probe: &Probe) -> Result<String, Failure> {
    let readable = |path: &Path| path.to_string_lossy().into_owned();
    let json = Json {
        path: readable(&probe.path),
        real_path: readable(&probe.real_path),
        exists: probe.exists,
        file_system: &probe.file_system,
        shared_file_system: probe.shared_file_system,
        journal_mode: probe.journal_mode.name(),
        sidecars: probe
            .sidecars
            .iter()
            .map(|(suffix, bytes)| Sidecar {
                suffix,
                bytes: *bytes,
            })
            .collect(),
        private_descriptor_table: probe.private_descriptor_table,
        backends: probe
            .backends
            .iter()
            .map(|verdict| Backend {
                name: verdict.backend.name(),
                usable: verdict.usable,
                reason: &verdict.reason,
            })
            .collect(),
    };
    serde_json::to_string(&json)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write JSON: {error}")))
}

fn text(probe: &Probe) -> String {
    let mut lines = vec![row("database", &probe.path.display().to_string())];
    if probe.real_path != probe.path {
        lines.push(row("really at", &probe.real_path.display().to_string()));
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
    lines.push(row("journal mode", probe.journal_mode.name()));
    lines.push(row("sidecars", &sidecars(probe)));
    let descriptors = if probe.private_descriptor_table {
        "private to the observer thread"
    } else {
        "kept open while the files have names (this system refuses a private table)"
    };
    lines.push(row("descriptors", descriptors));
    let verdicts = probe.backends.iter().map(verdict);
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
    let line = format!("  {name:<11} {works}  {DIM}{reason}{DIM:#}");
    if reason.is_empty() {
        return format!("  {name:<11} {works}");
    }
    line
}
