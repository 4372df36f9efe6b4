//! The threads of a process, as `/proc` shows them.

use std::fs;

/// How many threads this process has.
pub fn count() -> usize {
    of(std::process::id()).len()
}

/// The threads of a process: number and name (the kernel keeps 15 bytes of it).
pub fn of(pid: u32) -> Vec<(u32, String)> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let mut threads: Vec<(u32, String)> = tasks
        .flatten()
        .filter_map(|task| {
            let number = task.file_name().to_str()?.parse().ok()?;
            let name = fs::read_to_string(task.path().join("comm")).ok()?;
            Some((number, name.trim_end().to_owned()))
        })
        .collect();
    threads.sort_unstable();
    threads
}
