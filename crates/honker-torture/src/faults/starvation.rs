//! Watchers at the lowest priority, beside four busy loops.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, setpriority_process};

use super::{Family, QUIET};
use crate::watcher::Watcher;

const LOWEST: i32 = 19;
const LOOPS: usize = 4;

pub(super) const FAMILY: Family = Family {
    strike: |scene, rng| {
        for watcher in &scene.watchers {
            renice(watcher)?;
        }
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..LOOPS {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            scene.rest(rng, Duration::from_secs(4));
            over.store(true, Ordering::Relaxed);
        });
        Ok(1)
    },
    ..QUIET
};

/// Each thread has a priority of its own. They stay low: to raise them again takes a privilege.
fn renice(watcher: &Watcher) -> Result<(), String> {
    let tasks = format!("/proc/{}/task", watcher.pid());
    let tasks = fs::read_dir(&tasks).map_err(|error| format!("{tasks}: {error}"))?;
    for task in tasks.flatten() {
        let number = task.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(thread) = number.and_then(Pid::from_raw) else {
            continue;
        };
        match setpriority_process(Some(thread), LOWEST) {
            // It has just ended.
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(format!("no lower priority: {error}")),
        }
    }
    Ok(())
}
