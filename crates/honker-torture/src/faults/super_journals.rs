//! Transactions over two databases, whose journals a super-journal ties: together with kills it may be left hot.

use std::fs;
use std::time::Duration;

use super::{Family, QUIET};

pub(super) const FAMILY: Family = Family {
    shape: |plan, _| {
        for writing in &mut plan.writers {
            writing.attached = true;
        }
    },
    // The writers do it; this sees that they do.
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(10));
        let place = scene.database.parent().expect("it is in a directory");
        let entries = fs::read_dir(place).map_err(|error| error.to_string())?;
        let names = entries.flatten().map(|entry| entry.file_name());
        let is_super_journal = |name: &std::ffi::OsString| {
            let name = name.to_string_lossy();
            name.starts_with("app.db-mj")
        };
        Ok(u64::from(
            names.into_iter().any(|name| is_super_journal(&name)),
        ))
    },
    ..QUIET
};
