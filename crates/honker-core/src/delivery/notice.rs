//! Lines for the log.

use crate::backend::WatcherBackend;
use crate::error::Error;
use crate::stats::Conservative;
use std::path::PathBuf;

/// Something worth a line in the log.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A watcher watches.
    Opened {
        path: PathBuf,
        backend: WatcherBackend,
    },
    /// A watcher was closed, or dropped.
    Closed { path: PathBuf },
    /// The operating system lost file events, and the database was looked at instead.
    Overflow { path: PathBuf },
    /// A watcher runs with another backend than it should.
    Fallback { path: PathBuf, why: String },
    /// A watcher watches where it can't keep all of its promise.
    Caution { path: PathBuf, caution: String },
    /// A wake that is not exact.
    Conservative { path: PathBuf, reason: Conservative },
    /// The file was replaced, and the new one is followed.
    Replaced { path: PathBuf },
    /// A watcher died.
    Died { error: Error },
}

impl Notice {
    /// Passes it to `tracing`, which is foreign code.
    pub(super) fn tell(&self) {
        match self {
            Self::Opened { path, backend } => {
                tracing::info!(target: "honker", path = %path.display(), backend = backend.name(), "watching");
            }
            Self::Closed { path } => {
                tracing::info!(target: "honker", path = %path.display(), "watcher closed");
            }
            Self::Overflow { path } => {
                tracing::warn!(target: "honker", path = %path.display(), "file events were lost; looking instead");
            }
            Self::Fallback { path, why } => {
                tracing::warn!(target: "honker", path = %path.display(), why, "watching by polling instead");
            }
            Self::Caution { path, caution } => {
                tracing::warn!(target: "honker", path = %path.display(), "{caution}");
            }
            Self::Conservative { path, reason } => {
                tracing::debug!(target: "honker", path = %path.display(), reason = reason.name(), "conservative wake");
            }
            Self::Replaced { path } => {
                tracing::info!(target: "honker", path = %path.display(), "database file replaced: following the new one");
            }
            Self::Died { error } => tracing::error!(target: "honker", "{error}"),
        }
    }
}
