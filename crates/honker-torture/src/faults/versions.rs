//! Several versions of SQLite write one file: the bundled one, Python's, the shell's, and Node's where there is a
//! Node that has one.

use honker_testkit::NodeWriter;

use super::{Family, QUIET};
use crate::writers::Program;

pub(super) const FAMILY: Family = Family {
    shape: |plan, rng| {
        plan.writers.truncate(1);
        let mut programs = vec![Program::Python, Program::Shell];
        if NodeWriter::installed() {
            programs.push(Program::Node);
        }
        for program in programs {
            let mut writing = plan.writers[0].clone();
            writing.program = program;
            writing.every_us = rng.u64(..1_000);
            plan.writers.push(writing);
        }
    },
    ..QUIET
};
