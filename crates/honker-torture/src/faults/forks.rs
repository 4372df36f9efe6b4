//! A watcher that forks child after child.

use std::time::Duration;

use super::{Family, QUIET};
use crate::control::Order;

pub(super) const FAMILY: Family = Family {
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(50));
        let watcher = &scene.watchers[rng.usize(..scene.watchers.len())];
        let children = rng.u32(1..=8);
        match watcher.order(&Order::Fork { children }).problem {
            Some(problem) => Err(format!("a child of a watcher: {problem}")),
            None => Ok(children.into()),
        }
    },
    ..QUIET
};
