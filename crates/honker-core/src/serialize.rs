//! What is told to programs, for `serde` (feature `serde`): the shape of `honker probe --json` and of statistics as JSON.

use crate::backend::WatcherBackend;
use crate::probe::{BackendVerdict, Probe};
use crate::stats::Conservative;
use serde::{Serialize, Serializer};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// By its name.
impl Serialize for WatcherBackend {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Counts by name, as a map.
pub(crate) fn by_name<S: Serializer>(
    counts: &[(Conservative, u64)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(reason, count)| (reason.name(), count)))
}

/// In seconds.
#[expect(clippy::ref_option, reason = "serde calls it like that")]
pub(crate) fn seconds<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(serializer)
}

/// Where a path is not UTF-8 it is shown with replacement characters, and its bytes stand beside it.
#[derive(Serialize)]
struct Told<'a> {
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
    backends: &'a [BackendVerdict],
    cautions: &'a [String],
}

#[derive(Serialize)]
struct Sidecar<'a> {
    suffix: &'a str,
    bytes: u64,
}

impl Serialize for Probe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let readable = |path: &Path| path.to_string_lossy().into_owned();
        let sidecars = self.sidecars.iter().map(|(suffix, bytes)| Sidecar {
            suffix,
            bytes: *bytes,
        });
        let told = Told {
            path: readable(&self.path),
            path_hex: hex(&self.path),
            real_path: readable(&self.real_path),
            real_path_hex: hex(&self.real_path),
            exists: self.exists,
            file_system: &self.file_system,
            shared_file_system: self.shared_file_system,
            mount_point: self.mount_point.as_deref().map(readable),
            mount_root: self.mount_root.as_deref().map(readable),
            journal_mode: self.journal_mode.name(),
            sidecars: sidecars.collect(),
            private_descriptor_table: self.private_descriptor_table,
            backends: &self.backends,
            cautions: &self.cautions,
        };
        told.serialize(serializer)
    }
}

/// The bytes of a path that is not UTF-8 (on Windows those that Rust has for one that is not Unicode).
fn hex(path: &Path) -> Option<String> {
    if path.to_str().is_some() {
        return None;
    }
    let bytes = path.as_os_str().as_encoded_bytes();
    Some(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}
