//! The backends by name.

use crate::error::{Error, Reason};
use std::fmt;
use std::str::FromStr;

/// Where wakes come from. See the table in the README for when to use which.
///
/// ```
/// use honker_core::WatcherBackend;
/// assert_eq!("kernel".parse::<WatcherBackend>()?, WatcherBackend::KernelWatch);
/// assert_eq!(WatcherBackend::default().to_string(), "polling");
/// # Ok::<(), honker_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WatcherBackend {
    /// Looks at the database every millisecond. Works everywhere.
    #[default]
    Polling,
    /// The operating system's file events say when to look: tens of microseconds, and nothing when idle.
    KernelWatch,
    /// Looks at the wal-index each 20 µs while commits keep coming, and each millisecond when they stop. WAL only.
    ShmFastPath,
    /// Asks SQLite itself (`PRAGMA data_version`) every millisecond, for files that cannot be judged from outside. Brings
    /// a SQLite into the process, takes its locks, and must not be used where the process has the database open itself:
    /// see `docs/backends.md`. Off by default (Cargo feature `data-version`), and never chosen by [`Auto`](Self::Auto).
    DataVersion,
    /// [`KernelWatch`](Self::KernelWatch) where the file system and the limits allow it, else
    /// [`Polling`](Self::Polling).
    Auto,
}

/// Every valid name, as in the specification.
pub(crate) const NAMES: [&str; 5] = ["polling", "kernel", "shm", "data-version", "auto"];

impl WatcherBackend {
    /// Whether this build has the backend (Cargo features `kernel-watcher`, `shm-fast-path` and `data-version`).
    /// Asking for one that it has not got polls instead, and says so once on stderr.
    #[must_use]
    pub const fn is_built(self) -> bool {
        match self {
            Self::Polling | Self::Auto => true,
            Self::KernelWatch => cfg!(feature = "kernel-watcher"),
            Self::ShmFastPath => cfg!(feature = "shm-fast-path"),
            Self::DataVersion => cfg!(feature = "data-version"),
        }
    }

    /// The name used by the command line and the other language bindings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Polling => NAMES[0],
            Self::KernelWatch => NAMES[1],
            Self::ShmFastPath => NAMES[2],
            Self::DataVersion => NAMES[3],
            Self::Auto => NAMES[4],
        }
    }
}

impl WatcherBackend {
    pub(crate) fn why_not_built(self) -> String {
        let feature = match self {
            Self::ShmFastPath => "shm-fast-path",
            Self::DataVersion => "data-version",
            _ => "kernel-watcher",
        };
        format!("the {self} backend is not in this build, which lacks the Cargo feature {feature}")
    }
}

impl fmt::Display for WatcherBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for WatcherBackend {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        [
            Self::Polling,
            Self::KernelWatch,
            Self::ShmFastPath,
            Self::DataVersion,
            Self::Auto,
        ]
        .into_iter()
        .find(|backend| backend.name() == name)
        .ok_or_else(|| {
            Error::new(
                None,
                Reason::UnknownBackend {
                    name: name.to_owned(),
                },
            )
        })
    }
}
