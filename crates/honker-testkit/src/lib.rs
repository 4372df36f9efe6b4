//! What honker's tests need to drive **real SQLite in other processes**. Not published.
//!
//! The watcher under test lives in the test's process, and SQLite does not: every write, and every
//! `PRAGMA data_version` that the watcher is compared with, comes from a process of its own. That is how users
//! run it, it lets a test stop or kill a writer at any moment, and no second copy of SQLite can drop the locks of
//! the first. [`Host`] is the exception, for the tests that watching does not harm an application with a SQLite of
//! its own. Nothing here mocks SQLite.
//!
//! | to | use |
//! |---|---|
//! | write, stop, continue, kill | [`Writer`] (newest SQLite), [`PythonWriter`], [`NodeWriter`], [`Shell`] (Debian's) |
//! | stop a writer inside a commit, a checkpoint or a close | [`Writer::spawn_instrumented`] |
//! | have a child that shares the test's memory, by `fork` | [`fork`](fn@fork) |
//! | have a place for a database | [`TempDb`] |
//! | make commits and non-commits whose number is known | [`commits::Mix`] with a [`commits::Runner`] |
//! | make commits that a log tells one by one, also after `kill -9` | [`numbered`] |
//! | have files as no SQLite leaves them | [`damaged`], [`copy_slowly`] |
//! | know what SQLite itself says | [`DataVersion`], [`truth`] |
//! | see what the kernel sees | [`locks`], [`fds`], [`threads`] |
//! | mount, limit, or be somebody else | [`alone_with`], [`again_as_nobody`], [`as_user`] |
//! | wait without guessing a time | [`wait_until`] |
//! | step the clock of some processes | [`FakeClock`] |
//! | run more with `HONKER_FULL=1` | [`count`] |
//! | choose at random, repeatably | [`random::rng`] |
//!
//! Linux has all of it; Windows what needs no signals, `fork` or `/proc`. Failures panic, since a panic is how a test reports.

#![allow(
    clippy::missing_panics_doc,
    reason = "every helper panics when its test can't go on"
)]

pub mod clock;
pub mod commits;
pub mod damaged;
#[cfg(unix)]
pub mod fds;
pub mod lines;
#[cfg(unix)]
pub mod locks;
pub mod numbered;
pub mod process;
pub mod protocol;
pub mod random;
#[cfg(unix)]
pub mod threads;
#[cfg(unix)]
pub mod truth;

#[cfg(unix)]
mod again;
mod copying;
mod count;
mod exe;
mod fake_clock;
#[cfg(unix)]
mod fork;
mod host;
mod journal;
mod node;
mod oracle;
mod python;
mod shell;
mod temp_db;
mod wait;
mod writer;

#[cfg(unix)]
pub use again::{
    Again, NOBODY_ELSE, Own, again_as_nobody, alone_through, alone_with, argument, as_user,
    start_as,
};
pub use copying::{copy_slowly, rename_over};
pub use count::{count, full_counts};
pub use exe::{exe, instrumented_exe, profile_dir};
pub use fake_clock::FakeClock;
#[cfg(unix)]
pub use fork::{Forked, Steps, fork};
pub use host::{Hold, Host};
pub use journal::{JournalMode, Synchronous};
pub use node::NodeWriter;
pub use oracle::DataVersion;
pub use protocol::{CommitLoop, Done, LoopReport, NumberedLoop, OpenFlag, Reply, SqlError};
pub use python::PythonWriter;
pub use shell::Shell;
pub use temp_db::{TempDb, sidecar};
pub use wait::{LONG, wait_for, wait_until};
pub use writer::{Conn, Open, Writer};
