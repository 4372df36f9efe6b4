//! Never missed, never spurious, and counted: over random histories of real SQLite in other processes, for each
//! backend, journal mode, synchronous setting and way to write.

mod histories;
mod readable;
mod switching;
#[path = "../watching/mod.rs"]
mod watching;
