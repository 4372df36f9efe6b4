//! A file system that is full, on a small tmpfs of its own.

use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

use super::{Family, QUIET};

/// Room for the database and its log, and little more.
const KILOBYTES: u64 = 24 * 1024;

pub(super) const FAMILY: Family = Family {
    shape: |plan, _| {
        plan.tmpfs_kilobytes = Some(KILOBYTES);
        for writing in &mut plan.writers {
            // So that writers alone do not fill it for good.
            writing.bytes = 0;
            writing.every_us = writing.every_us.max(500);
        }
    },
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(300));
        let ballast = scene.database.with_file_name("ballast");
        let met = scene.writers.conduct.errors().len();
        let mut file = File::create(&ballast).map_err(|error| error.to_string())?;
        // Until there is no room for another page.
        for size in [1 << 16, 1 << 12] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        let _ = honker_testkit::wait_until(Duration::from_secs(2), || {
            scene.is_over() || scene.writers.conduct.errors().len() > met
        });
        scene.rest(rng, Duration::from_millis(100));
        drop(file);
        fs::remove_file(&ballast).map_err(|error| error.to_string())?;
        Ok(u64::from(scene.writers.conduct.errors().len() > met))
    },
    ..QUIET
};
