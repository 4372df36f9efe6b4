//! More file events than the kernel keeps: neighbours are created and removed while a `kernel` watcher is stopped.

use std::fs::{self, File};
use std::time::Duration;

use super::{Family, QUIET};
use crate::backend::Backend;

pub(super) const FAMILY: Family = Family {
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(500));
        let limit = "/proc/sys/fs/inotify/max_queued_events";
        let limit = fs::read_to_string(limit).map_err(|error| format!("{limit}: {error}"))?;
        let limit: usize = limit.trim().parse().map_err(|_| "no limit".to_owned())?;
        let place = scene.database.parent().expect("it is in a directory");
        let mut overflows = 0;
        for watcher in &scene.watchers {
            if watcher.watching.backend != Backend::Kernel {
                continue;
            }
            let before = watcher.state();
            if before.died.is_some() {
                continue;
            }
            watcher.stopped(|| {
                // Each is at least two events, and no two in a row are alike.
                for number in 0..=limit / 2 {
                    let neighbour = place.join(format!("neighbour-{number}"));
                    let _ = File::create(&neighbour);
                    let _ = fs::remove_file(&neighbour);
                }
            });
            // A watcher that has dropped its watches, because writers saturate it, gets no events.
            let told = honker_testkit::wait_until(Duration::from_secs(2), || {
                watcher.state().overflows > before.overflows
            });
            overflows += u64::from(told);
        }
        Ok(overflows)
    },
    ..QUIET
};
