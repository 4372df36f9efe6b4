//! Another journal mode with each session: between all of them, or between those that survive a crash.

use honker_testkit::JournalMode;
use std::sync::PoisonError;

use super::{Family, Fault, QUIET, sessions};
use crate::backend::Backend;
use crate::checker::{Death, Survival};

pub(super) const FAMILY: Family = Family {
    shape: |plan, rng| {
        (sessions::FAMILY.shape)(plan, rng);
        // Its connection would keep the database in WAL.
        plan.watchers
            .retain(|watcher| watcher.backend != Backend::DataVersion);
        for watcher in &mut plan.watchers {
            if watcher.backend == Backend::Shm {
                watcher.death = Death::of(&["Unsupported"], Survival::Allowed);
            }
        }
    },
    begin: |conduct, mode| {
        let mut modes = JournalMode::ALL.to_vec();
        // Kills may come with it only in a mode that survives them.
        if Fault::WriterKills.is_for(mode) {
            modes.retain(|mode| Fault::WriterKills.is_for(*mode));
        }
        *conduct
            .flipping
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = modes;
    },
    ..QUIET
};
