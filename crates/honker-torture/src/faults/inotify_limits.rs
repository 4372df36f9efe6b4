//! A watcher may have no further inotify watch for a while. One that needs one then polls from there on.
//!
//! The limit is that of a user namespace, which each `kernel` watcher has for itself: nobody else is touched.

use std::process::{Command, Stdio};
use std::time::Duration;

use honker_testkit::wait_until;

use super::{Family, QUIET};
use crate::backend::Backend;
use crate::control::{Order, Reading};
use crate::watcher::program;

pub(super) const FAMILY: Family = Family {
    shape: |plan, rng| {
        // A log that comes anew needs a watch, and a connection that stays would keep it.
        plan.watchers
            .retain(|watcher| watcher.backend != Backend::DataVersion);
        for watcher in &mut plan.watchers {
            watcher.own_limits = watcher.backend == Backend::Kernel;
            if watcher.reading == Reading::Kept {
                watcher.reading = Reading::Reopened;
            }
        }
        plan.writers.truncate(1);
        for writing in &mut plan.writers {
            writing.commits_a_session = rng.u64(1..=50);
        }
    },
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(200));
        let mut fallen = 0;
        for watcher in &scene.watchers {
            if !watcher.watching.own_limits || watcher.state().fell_back {
                continue;
            }
            let taken = watcher.order(&Order::InotifyWatches { used_up: true });
            let _ = wait_until(Duration::from_millis(300), || {
                watcher.state().fell_back || scene.is_over()
            });
            let given = watcher.order(&Order::InotifyWatches { used_up: false });
            if let Some(problem) = taken.problem.or(given.problem) {
                return Err(problem);
            }
            fallen += u64::from(given.fell_back);
        }
        Ok(fallen)
    },
    ..QUIET
};

/// What starts a program in a user namespace of its own.
pub(crate) fn own_limits() -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user"]);
    unshare
}

/// Whether a namespace, and a limit in it, can be had here, and the program be started and the database be made there:
/// root of a namespace may not pass through what is closed to others.
pub(super) fn available() -> Result<(), String> {
    let succeeds = |command: &mut Command| {
        let silent = command.stdout(Stdio::null()).stderr(Stdio::null());
        silent.status().is_ok_and(|status| status.success())
    };
    let script = "echo 0 > /proc/sys/user/max_inotify_watches && ls \"$1\"";
    let sets = succeeds(
        own_limits()
            .args(["sh", "-c", script, "sh"])
            .arg(std::env::temp_dir()),
    );
    if sets && succeeds(own_limits().arg(program()).arg("faults")) {
        return Ok(());
    }
    Err("no user namespace with limits of its own can be used here".into())
}
