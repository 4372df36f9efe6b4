//! A watcher that can open no descriptor for a while.

use std::time::Duration;

use super::{Family, QUIET};
use crate::checker::{Death, Survival};
use crate::control::Order;

pub(super) const FAMILY: Family = Family {
    shape: |plan, _| {
        for watcher in &mut plan.watchers {
            // It endures that for a second, and then says so; on a busy machine a moment may take that long.
            watcher.death = Death::of(&["LimitReached", "Io", "Unsupported"], Survival::Allowed);
        }
    },
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_secs(1));
        scene.touch()?;
        let watcher = &scene.watchers[rng.usize(..scene.watchers.len())];
        let state = watcher.order(&Order::Descriptors { used_up: true });
        scene.rest(rng, Duration::from_millis(700));
        let restored = watcher.order(&Order::Descriptors { used_up: false });
        match state.problem.or(restored.problem) {
            Some(problem) => Err(problem),
            None => Ok(1),
        }
    },
    ..QUIET
};
