//! Permissions taken away from a watcher of another user, and given back.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use honker_testkit::sidecar;

use super::{Family, QUIET};
use crate::backend::Backend;
use crate::checker::{Death, Survival};
use crate::control::Reading;
use crate::plan::{WatcherPlan, choose};
use crate::scene::Scene;

pub(super) const FAMILY: Family = Family {
    shape: |plan, _| {
        // A connection writes to `-shm`, which this user may not.
        let is_connected = |watcher: &WatcherPlan| watcher.backend == Backend::DataVersion;
        plan.watchers.retain(|watcher| !is_connected(watcher));
        for watcher in &mut plan.watchers {
            watcher.as_nobody = true;
            // A user who may not write cannot read a WAL database that nobody has open.
            watcher.reading = Reading::Nothing;
            watcher.death = Death::of(&["PermissionDenied", "Io"], Survival::Allowed);
        }
    },
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(600));
        let hidden = choose(rng, &["", "-journal", "-wal", "-shm", "/"]);
        let (path, open) = target(scene, hidden);
        scene.touch()?;
        // A sidecar that is gone by now cannot be hidden.
        if set(&path, 0o600).is_err() {
            return Ok(0);
        }
        scene.rest(rng, Duration::from_millis(500));
        let _ = set(&path, open);
        Ok(1)
    },
    ..QUIET
};

fn target(scene: &Scene, hidden: &str) -> (PathBuf, u32) {
    if hidden == "/" {
        let place = scene.database.parent().expect("it is in a directory");
        return (place.to_owned(), 0o755);
    }
    (sidecar(&scene.database, hidden), 0o644)
}

fn set(path: &std::path::Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}
