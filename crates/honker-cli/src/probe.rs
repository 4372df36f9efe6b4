//! `honker probe`: the library's diagnosis, for people and for programs.

use crate::args;
use crate::exit::{Exit, Failure};
use crate::output::{self, BAD, BOLD, CAUTION, DIM, GOOD, Output, in_one_line};
use honker_core::{BackendVerdict, Probe, probe};
use serde::Serialize;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
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

/// The stable shape. Where a path is not UTF-8 it is shown with replacement characters, and its bytes stand beside it.
#[derive(Debug, Serialize)]
struct Json<'a> {
    path: String,
    /// The path's bytes in hexadecimal, if `path` cannot show them.
    path_hex: Option<String>,
    real_path: String,
    real_path_hex: Option<String>,
    exists: bool,
    file_system: &'a str,
    shared_file_system: bool,
    mount_point: Option<String>,
    /// What of the file system is mounted there, if not all of it.
    mount_root: Option<String>,
    journal_mode: &'static str,
    sidecars: Vec<Sidecar<'a>>,
    private_descriptor_table: bool,
    backends: Vec<Backend<'a>>,
    cautions: &'a [String],
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
        path_hex: hex(&probe.path),
        real_path: readable(&probe.real_path),
        real_path_hex: hex(&probe.real_path),
        exists: probe.exists,
        file_system: &probe.file_system,
        shared_file_system: probe.shared_file_system,
        mount_point: probe.mount_point.as_deref().map(readable),
        mount_root: probe.mount_root.as_deref().map(readable),
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
        cautions: &probe.cautions,
    };
    serde_json::to_string(&json)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write JSON: {error}")))
}

/// The bytes of a path that is not UTF-8.
fn hex(path: &Path) -> Option<String> {
    if path.to_str().is_some() {
        return None;
    }
    let bytes = path.as_os_str().as_bytes();
    Some(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
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
