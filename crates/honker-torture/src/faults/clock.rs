//! Steps of the real-time clock, back and forth, for watchers and writers: libfaketime.

use std::time::Duration;

use super::{Family, QUIET};
use crate::plan::choose;

/// Seconds from the right time.
const OFFSETS: [f64; 9] = [
    -86_400.0, -3_600.0, -2.0, -0.02, 0.0, 0.02, 2.0, 3_600.0, 86_400.0,
];

pub(super) const FAMILY: Family = Family {
    shape: |plan, _| plan.clock_steps = true,
    strike: |scene, rng| {
        scene.rest(rng, Duration::from_millis(100));
        let Some(clock) = &scene.clock else {
            return Err("the processes have no clock that can be stepped".to_owned());
        };
        clock.step_to(choose(rng, &OFFSETS));
        Ok(1)
    },
    ..QUIET
};
