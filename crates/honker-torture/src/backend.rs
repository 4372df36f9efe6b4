//! The backends, by name.

use std::fmt;

use honker_core::WatcherBackend;
use honker_testkit::JournalMode;
use serde::{Deserialize, Serialize};

/// A backend to torture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// `polling`.
    Polling,
    /// `kernel`.
    Kernel,
    /// `shm`.
    Shm,
    /// `data-version`.
    DataVersion,
}

impl Backend {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Polling, Self::Kernel, Self::Shm, Self::DataVersion];

    /// Whether it can watch a database in that mode.
    pub fn watches(self, mode: JournalMode) -> bool {
        self != Self::Shm || mode.is_wal()
    }

    /// The library's name for it.
    pub fn of_library(self) -> WatcherBackend {
        match self {
            Self::Polling => WatcherBackend::Polling,
            Self::Kernel => WatcherBackend::KernelWatch,
            Self::Shm => WatcherBackend::ShmFastPath,
            Self::DataVersion => WatcherBackend::DataVersion,
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.of_library().name())
    }
}
