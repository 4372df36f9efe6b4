//! First opens and last closes, one after the other: `-wal` and `-shm` are removed and created again.

use super::{Family, QUIET};
use crate::control::Reading;
use crate::plan::choose;

pub(super) const FAMILY: Family = Family {
    shape: |plan, rng| {
        for writing in &mut plan.writers {
            writing.commits_a_session = rng.u64(1..=4);
            writing.every_us = choose(rng, &[0, 300, 2_000]);
        }
        // A connection that stays would be in the way of every last close.
        for watcher in &mut plan.watchers {
            if watcher.reading == Reading::Kept {
                watcher.reading = choose(rng, &[Reading::Nothing, Reading::Reopened]);
            }
        }
    },
    ..QUIET
};
