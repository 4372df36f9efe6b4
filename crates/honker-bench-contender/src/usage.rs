//! What this process has used, as the kernel tells it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::time::{ClockId, clock_gettime};

use crate::protocol::{Holdings, Usage};

/// `CLOCK_MONOTONIC` in nanoseconds.
///
/// # Panics
///
/// Never on Linux: the clock is always there.
#[must_use]
pub fn clock_ns() -> u64 {
    read(ClockId::CLOCK_MONOTONIC)
}

fn read(clock: ClockId) -> u64 {
    let now = clock_gettime(clock).expect("the clock is always there");
    let seconds = u64::try_from(now.tv_sec()).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(now.tv_nsec()).unwrap_or(0)
}

/// As many descriptors as this process may have: some contenders need some for each database.
pub fn raise_descriptor_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Refused: then a contender says at which database it ran out.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

pub(crate) fn usage(looks: Option<u64>) -> Usage {
    let used = getrusage(UsageWho::RUSAGE_SELF).expect("a process knows what it used");
    Usage {
        at_ns: clock_ns(),
        cpu_ns: read(ClockId::CLOCK_PROCESS_CPUTIME_ID),
        wake_ups: u64::try_from(used.voluntary_context_switches()).unwrap_or(0),
        looks,
    }
}

pub(crate) fn holdings() -> Holdings {
    Holdings {
        threads: in_status("Threads:"),
        descriptors: descriptors(),
        rss_bytes: in_status("VmRSS:") * 1024,
    }
}

/// The number in the line of `/proc/self/status` that begins like this.
fn in_status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

/// A thread may have a descriptor table of its own: each table counts once. Two are taken for one if they hold as many
/// descriptors, and the same ones first.
fn descriptors() -> u64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let tables: BTreeSet<_> = threads
        .flatten()
        .map(|thread| table(&thread.path().join("fd")))
        .collect();
    tables.into_iter().map(|(count, _)| count).sum()
}

/// How many descriptors it holds, and what the first of them lead to.
fn table(directory: &Path) -> (u64, Vec<Option<PathBuf>>) {
    // Since Linux 6.2 the size of the directory is that number. Before, it is 0, and they have to be counted.
    let told = fs::metadata(directory).map_or(0, |directory| directory.len());
    let count = if told > 0 {
        told
    } else {
        fs::read_dir(directory).map_or(0, |entries| entries.count() as u64)
    };
    let lead = |number: u32| fs::read_link(directory.join(number.to_string())).ok();
    (count, (0..8).map(lead).collect())
}
