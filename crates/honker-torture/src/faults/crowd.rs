//! Many more subscriptions: asked often or hardly ever, dropped at any time, begun anew.

use honker_testkit::full_counts;

use super::{Family, QUIET};

pub(super) const FAMILY: Family = Family {
    shape: |plan, _| {
        let crowd = if full_counts() { 10_000 } else { 300 };
        for watcher in &mut plan.watchers {
            watcher.crowd = crowd;
        }
    },
    ..QUIET
};
