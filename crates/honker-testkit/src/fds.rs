//! The open descriptors of a process, as `/proc` shows them.

use std::fs;
use std::path::{Path, PathBuf};

/// How many descriptors this process has open.
pub fn count() -> usize {
    of(std::process::id()).len()
}

/// The descriptors of a process and what they lead to, by number. For another process: none if it is gone.
pub fn of(pid: u32) -> Vec<(u32, PathBuf)> {
    list(Path::new(&format!("/proc/{pid}/fd")))
}

/// The descriptors of one thread: it may have a descriptor table of its own.
pub fn of_thread(pid: u32, thread: u32) -> Vec<(u32, PathBuf)> {
    list(Path::new(&format!("/proc/{pid}/task/{thread}/fd")))
}

fn list(dir: &Path) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut descriptors: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, fs::read_link(entry.path()).ok()?))
        })
        .collect();
    // The listing shows the descriptor it is read through, if the table is our own: not an open file of the process.
    descriptors.retain(|(_, target)| !is_descriptor_dir(target));
    descriptors.sort_unstable();
    descriptors
}

fn is_descriptor_dir(target: &Path) -> bool {
    target.starts_with("/proc") && target.ends_with("fd")
}
