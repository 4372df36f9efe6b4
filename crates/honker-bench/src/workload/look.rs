//! What one look at an idle database costs.

use std::process::Command;

use honker_testkit::{JournalMode, Synchronous};

use crate::plan::Plan;
use crate::results::{Look, Spread};
use crate::run::Bench;
use crate::workload::Written;

/// A way to look, in a mode.
const WAYS: [(&str, JournalMode); 7] = [
    ("honker", JournalMode::Wal),
    ("data-version", JournalMode::Wal),
    ("table", JournalMode::Wal),
    ("honker", JournalMode::Delete),
    ("data-version", JournalMode::Delete),
    ("table", JournalMode::Delete),
    ("header", JournalMode::Delete),
];
/// Few enough for valgrind, which is some fifty times slower.
const COUNTED: u64 = 2000;

pub(crate) fn turns(plan: &Plan) -> u64 {
    if plan.looks.0 == 0 {
        0
    } else {
        WAYS.len() as u64
    }
}

pub(crate) fn run(bench: &mut Bench, plan: &Plan) -> Vec<Look> {
    let (repeats, looks) = plan.looks;
    if repeats == 0 {
        return Vec::new();
    }
    let one = |(way, mode): (&str, JournalMode)| {
        bench.at(format!("look {way}"));
        let written = Written::new(mode, Synchronous::Off, 0);
        let command = |looks: u64| {
            let mut command = Command::new(&bench.programs.bench);
            command.args(["look", way, &looks.to_string()]);
            command.arg(written.db.path());
            command
        };
        let each = (0..repeats).filter_map(|_| nanoseconds(&mut command(looks)));
        let counts = || {
            // What is not a look is in both, and goes away.
            let less = instructions(&command(COUNTED))?;
            let more = instructions(&command(2 * COUNTED))?;
            Some(((more - less) / crate::spread::float(COUNTED)).round())
        };
        Look {
            way: way.to_owned(),
            mode,
            ns: Spread::of(each.collect()),
            instructions: plan.counts_instructions.then(counts).flatten(),
        }
    };
    WAYS.into_iter().map(one).collect()
}

/// The program prints what one look took.
fn nanoseconds(command: &mut Command) -> Option<f64> {
    let output = command.output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// All instructions of the program in user space. None where valgrind is missing, or cannot run it: some versions hide
/// the vDSO, in which rustix finds the clock that a look in WAL asks.
fn instructions(command: &Command) -> Option<f64> {
    let mut counted = Command::new("valgrind");
    counted.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    counted.arg(command.get_program()).args(command.get_args());
    let output = counted.output().ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stderr).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok()
}
