//! The settings of SQLite that change how a commit reaches the disk.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `PRAGMA journal_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are SQLite's own")]
pub enum JournalMode {
    Delete,
    Truncate,
    Persist,
    Memory,
    Off,
    Wal,
}

impl JournalMode {
    /// Every journal mode.
    pub const ALL: [Self; 6] = [
        Self::Delete,
        Self::Truncate,
        Self::Persist,
        Self::Memory,
        Self::Off,
        Self::Wal,
    ];

    /// Every mode but WAL.
    pub const ROLLBACK: [Self; 5] = [
        Self::Delete,
        Self::Truncate,
        Self::Persist,
        Self::Memory,
        Self::Off,
    ];

    /// SQLite's name, in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
            Self::Persist => "PERSIST",
            Self::Memory => "MEMORY",
            Self::Off => "OFF",
            Self::Wal => "WAL",
        }
    }

    /// The statement that sets it. Only WAL (or not WAL) is kept in the file, so each connection has to say it.
    pub fn pragma(self) -> String {
        format!("PRAGMA journal_mode={self}")
    }

    /// Whether the log is a write-ahead log.
    pub fn is_wal(self) -> bool {
        self == Self::Wal
    }
}

impl fmt::Display for JournalMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// `PRAGMA synchronous`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are SQLite's own")]
pub enum Synchronous {
    Off,
    Normal,
    Full,
}

impl Synchronous {
    /// Every setting that the contract names.
    pub const ALL: [Self; 3] = [Self::Off, Self::Normal, Self::Full];

    /// SQLite's name, in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Normal => "NORMAL",
            Self::Full => "FULL",
        }
    }

    /// The statement that sets it for a connection.
    pub fn pragma(self) -> String {
        format!("PRAGMA synchronous={self}")
    }
}

impl fmt::Display for Synchronous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
