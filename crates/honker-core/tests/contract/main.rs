//! Never missed, never spurious, and counted: over random histories of real SQLite in other processes, for each
//! backend, journal mode, synchronous setting and way to write.

#[cfg(feature = "data-version")]
mod data_version;
mod equivalence;
mod histories;
mod readable;
mod switching;
mod tail;
mod watching;
