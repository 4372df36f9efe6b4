//! Proves honker's guarantees over **recorded histories**. Not published.
//!
//! Writers in other processes tell each commit to a log of their own, watchers in other processes tell each wake, and
//! faults are done to both. Then nothing is left to timing: a [checker](checker::check) holds the two against each other and
//! names every guarantee that was broken.
//!
//! | what | where |
//! |---|---|
//! | which commits were made, and when each could be read | [`history`] |
//! | what a subscriber was told | [`record`] |
//! | the guarantees, by name | [`checker::Guarantee`] |
//! | a database, its writers and its watchers | [`scene`] |
//! | a second database in the same transactions | [`attached`] |
//! | the faults, a file for each family | [`faults`] |
//! | random rounds from a seed | [`plan`], [`round`], [`mod@run`] |
//! | the table at the end | [`summary`] |
//! | hours, and what they use | [`soak`] |
//!
//! `make torture SECONDS=600 SEED=1` runs random rounds; `tests/` runs each fault alone. Linux only. Failures of the
//! machinery panic, since a panic is how a test reports; a broken guarantee is a value.

#![allow(
    clippy::missing_panics_doc,
    reason = "every helper panics when its test can't go on"
)]

pub mod attached;
pub mod backend;
pub mod checker;
pub mod control;
pub mod faults;
pub mod history;
pub mod plan;
pub mod record;
pub mod round;
pub mod run;
pub mod scene;
pub mod soak;
pub mod summary;
pub mod watch;
pub mod watcher;
pub mod writers;
