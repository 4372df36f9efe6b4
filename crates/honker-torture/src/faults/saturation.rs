//! Writers that never pause, and never wait for the disk (but for a super-journal).

use honker_testkit::Synchronous;

use super::{Family, QUIET};

pub(super) const FAMILY: Family = Family {
    shape: |plan, _| {
        for writing in &mut plan.writers {
            writing.synchronous = Synchronous::Off;
            writing.commits_a_session = 1_000_000;
            writing.every_us = 0;
            writing.bytes = 0;
        }
    },
    ..QUIET
};
