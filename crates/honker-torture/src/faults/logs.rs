//! Logs that outlive their sessions: `SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE`, and persistent WAL set by the shell.

use std::sync::atomic::Ordering;

use super::{Family, QUIET, sessions};
use crate::writers::Program;

pub(super) const FAMILY: Family = Family {
    shape: |plan, rng| {
        (sessions::FAMILY.shape)(plan, rng);
        let mut shell = plan.writers[0].clone();
        shell.program = Program::Shell;
        plan.writers.push(shell);
    },
    begin: |conduct, _| conduct.leave_log.store(true, Ordering::Relaxed),
    ..QUIET
};
