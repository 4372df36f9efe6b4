//! The `honker` command, as `python -m honker` runs it.

use pyo3::prelude::*;
use std::ffi::OsString;

/// Runs the command line; the first word is the program's name. The exit code.
#[pyfunction]
pub(crate) fn run_command(py: Python<'_>, words: Vec<OsString>) -> u8 {
    py.detach(|| honker_cli::run(words))
}
