//! The native half of the Python package: watching, waiting, and nothing that Python says better.
//!
//! honker's own threads never take the GIL. A waiting thread gives it up and is woken by honker's observer; a waiting
//! event loop is woken through a descriptor ([`bell`]).

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]
// Arguments come from Python by value.
#![allow(clippy::needless_pass_by_value)]

mod bell;
mod command;
mod error;
mod log;
mod main_thread;
mod seconds;
mod stats;
mod subscription;
mod update;
mod watcher;

/// What `honker/__init__.py` builds on.
#[pyo3::pymodule(gil_used = false)]
mod _honker {
    #[pymodule_export]
    use super::bell::Bell;
    #[pymodule_export]
    use super::command::run_command;
    #[pymodule_export]
    use super::error::{ClosedError, Error, WatcherDied};
    #[pymodule_export]
    use super::log::{end_log, set_log_level};
    #[pymodule_export]
    use super::stats::Stats;
    #[pymodule_export]
    use super::subscription::Subscription;
    #[pymodule_export]
    use super::update::{Update, unpickled_update};
    #[pymodule_export]
    use super::watcher::Watcher;
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
