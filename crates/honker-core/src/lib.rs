//! honker wakes a consumer when, and only when, a commit to a SQLite database becomes visible: any writer process, any
//! language, any journal mode, without a server, without triggers, and without touching the database.
//!
//! ```
//! use honker_core::SharedUpdateWatcher;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("app.db");
//! let watcher = SharedUpdateWatcher::new(&path)?; // a missing file is watched until its first commit
//! let mut events = watcher.update_events()?; // commits from here on wake
//! # std::process::Command::new("sqlite3").arg(&path).arg("CREATE TABLE t(x)").spawn()?.wait()?;
//! let update = events.recv()?;
//! println!("{} commit(s): read again what you depend on", update.commits);
//! # assert_eq!((update.seq, update.commits, update.exact), (1, 1, true));
//! # Ok(())
//! # }
//! ```
//!
//! # The contract
//!
//! | word | meaning |
//! |---|---|
//! | never missed | for every commit, every live subscriber gets a wake after which a new read sees that commit, or an error that ends the subscription |
//! | never spurious | no wake without a commit since the previous wake. The few histories whose truth cannot be known from outside wake, marked `exact: false` and counted by reason in [`Stats::conservative`] |
//! | coalesced | commits between two looks become one wake; an undrained subscription holds one pending wake, never a queue |
//! | not early | the wake comes when the commit can be read without waiting for its writer |
//! | bounded | polling looks every 1 ms. A kernel wake is at most about twice the write-to-visible gap late, and at most 1 ms while a writer is active; an event that the operating system lost is made up for within 100 ms where something happened within the last second, within 500 ms elsewhere (later with more than 500 databases: `docs/guarantees.md`); very many polled databases are polled as often as a quarter of a core allows |
//! | harmless | no lock is taken or released on SQLite's files, nothing is written, and no second SQLite enters the process (unless [`WatcherBackend::DataVersion`] is built in and asked for) |
//! | loud | whatever ends or weakens a watcher reaches every subscriber or [`Stats`] as a typed reason, at once |
//!
//! # How it works
//!
//! One observer thread a process reads what SQLite's file format documents (the file change counter, the wal-index
//! header) and asks which locks are held. It owns its descriptor table, so that what it closes cannot drop a lock of
//! the host. The module `design` of the documentation tells the rest.

#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

mod backend;
mod bell;
mod cadence;
mod caution;
mod clock;
mod closer;
mod delivery;
#[cfg(unix)]
mod descriptor;
#[cfg(windows)]
#[path = "descriptor/handles.rs"]
mod descriptor;
// In the documentation only. A link to docs/design.md, which packaging follows: the text is in the published crate.
#[cfg(doc)]
#[doc = include_str!("design.md")]
pub mod design {}
#[cfg(unix)]
mod directory;
mod error;
mod hint;
mod identity;
mod location;
mod mount;
mod named;
mod observer;
mod open_files;
mod open_metrics;
mod pace;
mod position;
mod probe;
mod process;
mod replace;
#[cfg(feature = "serde")]
mod serialize;
mod sessions;
mod shared;
mod stats;
#[cfg(feature = "stream")]
mod stream;
mod subscribe;
mod subscription;
mod sync;
mod tasks;
#[cfg(feature = "test-hooks")]
#[doc(hidden)]
pub mod testing;
mod thread;
mod totals;
mod update;
mod wake;
mod watcher;

pub use backend::WatcherBackend;
pub use closer::Closer;
pub use error::{Error, ErrorKind, RecvError, Result};
pub use open_metrics::{OPEN_METRICS_CONTENT_TYPE, open_metrics};
pub use position::Position;
pub use probe::{BackendVerdict, JournalMode, Probe, probe};
pub use replace::OnReplace;
pub use stats::{Conservative, Stats};
pub use subscribe::SubscriptionBuilder;
pub use subscription::UpdateEvents;
pub use update::{Update, UpdateKind};
pub use watcher::{SharedUpdateWatcher, WatcherBuilder, WatcherConfig};
