//! `kill -9` of writers at random points.
//!
//! The threads that drive the writers do it: see [`crate::writers`].

use std::sync::atomic::Ordering;

use super::{Family, QUIET};

pub(super) const FAMILY: Family = Family {
    begin: |conduct, _| conduct.kill_within_us.store(200_000, Ordering::Relaxed),
    ..QUIET
};
