//! What it was measured on.

use std::fs;
use std::thread;

use honker_testkit::{JournalMode, TempDb, Writer};
use serde::{Deserialize, Serialize};

/// Absolute times mean something only together with this.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor, as the kernel names it.
    pub processor: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// Memory in GiB.
    pub memory_gib: u64,
    /// The kernel's release.
    pub kernel: String,
    /// The file system of the databases.
    pub file_system: String,
    /// The writer's SQLite.
    pub sqlite: String,
    /// Processes that wanted to run when the bench began: the mean of a minute.
    pub load_before: f64,
    /// The same at its end. The bench itself counts.
    pub load_after: f64,
}

impl Machine {
    pub(crate) fn describe() -> Self {
        Self {
            processor: after_colon(&read("/proc/cpuinfo"), "model name"),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_gib: memory_gib(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(),
            sqlite: sqlite(),
            load_before: load(),
            load_after: 0.0,
        }
    }

    pub(crate) fn ended(&mut self) {
        self.load_after = load();
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn after_colon(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.split_once(':'));
    value.map_or_else(
        || "unknown".to_owned(),
        |(_, value)| value.trim().to_owned(),
    )
}

fn memory_gib() -> u64 {
    let total = after_colon(&read("/proc/meminfo"), "MemTotal");
    let kib = total
        .split_whitespace()
        .next()
        .and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0).div_ceil(1 << 20)
}

fn load() -> f64 {
    let text = read("/proc/loadavg");
    let first = text.split_whitespace().next();
    first.and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

fn file_system() -> String {
    let db = TempDb::new(JournalMode::Delete);
    honker_core::probe(db.path()).map_or_else(
        |error| format!("unknown: {error}"),
        |probe| probe.file_system.clone(),
    )
}

fn sqlite() -> String {
    let db = TempDb::absent();
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    let rows = writer.query(conn, "SELECT sqlite_version()");
    let version = rows
        .ok()
        .and_then(|rows| rows.first()?.first()?.as_str().map(str::to_owned));
    version.unwrap_or_else(|| "unknown".to_owned())
}
