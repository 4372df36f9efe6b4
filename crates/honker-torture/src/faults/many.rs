//! Many more databases in the watching process, each with a commit now and then.

use std::time::Duration;

use honker_testkit::{LONG, Writer, full_counts, wait_until};

use super::{Family, QUIET};
use crate::backend::Backend;

pub(super) const FAMILY: Family = Family {
    shape: |plan, _| {
        let others = if full_counts() { 10_000 } else { 500 };
        for watcher in &mut plan.watchers {
            // Descriptors of ten thousand connections are not what is asked.
            if watcher.backend != Backend::DataVersion {
                watcher.others = others;
            }
        }
    },
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(200));
        let watching = scene.watchers.iter();
        let watching: Vec<_> = watching.filter(|w| w.watching.others.is_some()).collect();
        let Some(first) = watching.first() else {
            return Ok(0);
        };
        let before: Vec<_> = watching.iter().map(|watcher| watcher.state()).collect();
        let number = rng.usize(..before[0].others.len());
        let directory = first.watching.others.clone().unwrap_or_default();
        let path = directory.join(format!("{number:05}.db"));
        let mut writer = Writer::spawn();
        let conn = writer.open(&path);
        writer
            .exec(conn, "UPDATE counter SET n = n + 1")
            .map_err(|error| error.to_string())?;
        writer.close(conn);
        writer.finish();
        for (watcher, before) in watching.iter().zip(&before) {
            let mut now = before.clone();
            let told = wait_until(LONG, || {
                now = watcher.state();
                now.others[number] > before.others[number]
            });
            if !told {
                return Err(format!("no wake for {}", path.display()));
            }
            let mut expected = before.others.clone();
            expected[number] = now.others[number];
            if now.others != expected {
                return Err("a wake for a database without a commit".into());
            }
        }
        Ok(1)
    },
    ..QUIET
};
