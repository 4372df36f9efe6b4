//! SIGSTOP of a watcher, and SIGCONT after a while.

use std::time::Duration;

use super::{Family, QUIET};

pub(super) const FAMILY: Family = Family {
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(300));
        let watcher = &scene.watchers[rng.usize(..scene.watchers.len())];
        watcher.stopped(|| scene.rest(rng, Duration::from_millis(400)));
        Ok(1)
    },
    ..QUIET
};
