//! Several versions of SQLite write one file: the bundled one, Python's, and the shell's.

use super::{Family, QUIET};
use crate::writers::Program;

pub(super) const FAMILY: Family = Family {
    shape: |plan, rng| {
        plan.writers.truncate(1);
        for program in [Program::Python, Program::Shell] {
            let mut writing = plan.writers[0].clone();
            writing.program = program;
            writing.every_us = rng.u64(..1_000);
            plan.writers.push(writing);
        }
    },
    ..QUIET
};
