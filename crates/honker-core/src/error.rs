//! One reason enum behind every error; what the caller sees is opaque, with accessors.

mod message;
mod quoted;

use crate::identity::Identity;
use crate::named::named;
use crate::open_files;
pub(crate) use quoted::Quoted;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done, or why a watcher ended.
///
/// The message (its `Display`) says what happened and what to do next. [`Error::kind`] is for programs.
///
/// ```
/// let error = honker_core::SharedUpdateWatcher::new("/no/such/directory/app.db").unwrap_err();
/// assert_eq!(error.kind(), honker_core::ErrorKind::DirectoryNotFound);
/// assert!(error.to_string().contains("/no/such/directory"));
/// ```
#[derive(Clone)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone)]
struct Inner {
    path: Option<PathBuf>,
    reason: Reason,
}

named! {
    /// The kinds of [`Error`] and [`RecvError`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum ErrorKind {
        /// The database does not exist, and the caller asked that it must.
        NotFound = "not_found",
        /// The directory that should hold the database does not exist.
        DirectoryNotFound = "directory_not_found",
        /// The path names a directory.
        IsDirectory = "is_directory",
        /// The path names a FIFO, a socket or a device.
        NotRegularFile = "not_regular_file",
        /// The file does not start with a SQLite header. It may be encrypted.
        NotADatabase = "not_a_database",
        /// The file system refused access to the database, its directory or its `-shm`.
        PermissionDenied = "permission_denied",
        /// The path cannot name a database file: empty, too long, with a NUL in it, `:memory:`, or a `file:` URI.
        InvalidPath = "invalid_path",
        /// A setting is out of range, or a name is not one of the valid ones.
        InvalidConfig = "invalid_config",
        /// The backend cannot work for this database, file system or platform.
        Unsupported = "unsupported",
        /// A limit of the system was reached; the message names the setting that raises it.
        LimitReached = "limit_reached",
        /// The database file was replaced, removed or overwritten in place. The watcher is dead.
        Replaced = "replaced",
        /// The watcher, or the subscription, was closed.
        Closed = "closed",
        /// The watcher belongs to the parent process; this is a child made by `fork`.
        Forked = "forked",
        /// The operating system reported an input or output error.
        Io = "io",
        /// A defect of honker: please report it.
        Internal = "internal",
    }
}

/// Why a subscription ended. Carries the same reason as [`Error`].
#[derive(Clone)]
pub struct RecvError(pub(crate) Error);

#[derive(Clone, Debug)]
pub(crate) enum Reason {
    NotFound,
    DirectoryNotFound {
        directory: PathBuf,
    },
    IsDirectory,
    NotRegularFile {
        found: &'static str,
    },
    NotADatabase {
        found: String,
    },
    EmptyPath,
    NulInPath,
    MemoryDatabase,
    Uri,
    Zero {
        setting: &'static str,
    },
    PollInterval {
        least: Duration,
        most: Duration,
    },
    UnknownBackend {
        name: String,
    },
    NotAPosition {
        text: String,
    },
    BackendUnavailable {
        backend: &'static str,
        why: String,
    },
    WalIndexVersion {
        version: u32,
    },
    FormatVersion {
        read: u8,
    },
    OtherName,
    LeftWal,
    PathRetargeted {
        expected: PathBuf,
        found: PathBuf,
    },
    Limit {
        what: Cow<'static, str>,
        remedy: &'static str,
    },
    Replaced {
        expected: Identity,
        found: Option<Identity>,
    },
    Overwritten {
        what: Overwritten,
    },
    Closed,
    SubscriptionClosed,
    Forked,
    System {
        what: String,
        errno: i32,
    },
    #[cfg(feature = "data-version")]
    Sqlite {
        message: String,
        kind: ErrorKind,
    },
    ObserverGone,
}

/// What in a header shows that something that is not SQLite wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overwritten {
    CounterBackwards {
        from: u32,
        to: u32,
    },
    Emptied,
    /// Another page size, and no commit.
    Resized,
    /// A file format that SQLite does not read either.
    UnknownVersion {
        read: u8,
    },
    NotADatabase,
}

impl Error {
    pub(crate) fn new(path: impl Into<Option<PathBuf>>, reason: Reason) -> Self {
        Self {
            inner: Box::new(Inner {
                path: path.into(),
                reason,
            }),
        }
    }

    pub(crate) fn at(path: &Path, reason: Reason) -> Self {
        Self::new(path.to_path_buf(), reason)
    }

    pub(crate) fn system(
        path: &Path,
        what: impl Into<String>,
        errno: impl Into<io::Error>,
    ) -> Self {
        let error = errno.into();
        let reason = open_files::limit_reached(&error).unwrap_or_else(|| Reason::System {
            what: what.into(),
            errno: error.raw_os_error().unwrap_or(0),
        });
        Self::at(path, reason)
    }

    /// A thread cannot be started, perhaps because there are as many as may be.
    pub(crate) fn no_thread(path: &Path, what: &'static str, error: io::Error) -> Self {
        // EAGAIN.
        if error.kind() != io::ErrorKind::WouldBlock {
            return Self::system(path, what, error);
        }
        let reason = Reason::Limit {
            what: "no thread is left for this user or this group of processes".into(),
            remedy: "Raise its limit of processes (ulimit -u, or TasksMax= of its service)",
        };
        Self::at(path, reason)
    }

    /// What went wrong, for programs.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.reason.kind()
    }

    /// The database (or what should have been one), as an absolute path where it could be made one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.inner.path.as_deref()
    }

    /// The operating system's error number, where the system refused something.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        match self.inner.reason {
            Reason::System { errno, .. } => Some(errno),
            _ => None,
        }
    }
}

impl Reason {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::DirectoryNotFound { .. } => ErrorKind::DirectoryNotFound,
            Self::IsDirectory => ErrorKind::IsDirectory,
            Self::NotRegularFile { .. } => ErrorKind::NotRegularFile,
            Self::NotADatabase { .. } => ErrorKind::NotADatabase,
            Self::EmptyPath | Self::NulInPath | Self::MemoryDatabase | Self::Uri => {
                ErrorKind::InvalidPath
            }
            Self::Zero { .. }
            | Self::PollInterval { .. }
            | Self::UnknownBackend { .. }
            | Self::NotAPosition { .. } => ErrorKind::InvalidConfig,
            Self::BackendUnavailable { .. }
            | Self::WalIndexVersion { .. }
            | Self::FormatVersion { .. }
            | Self::OtherName
            | Self::LeftWal => ErrorKind::Unsupported,
            Self::Limit { .. } => ErrorKind::LimitReached,
            Self::Replaced { .. } | Self::PathRetargeted { .. } | Self::Overwritten { .. } => {
                ErrorKind::Replaced
            }
            Self::Closed | Self::SubscriptionClosed => ErrorKind::Closed,
            Self::Forked => ErrorKind::Forked,
            Self::System { errno, .. } => match io::Error::from_raw_os_error(*errno).kind() {
                io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                io::ErrorKind::InvalidFilename => ErrorKind::InvalidPath,
                io::ErrorKind::NotADirectory => ErrorKind::DirectoryNotFound,
                _ => ErrorKind::Io,
            },
            #[cfg(feature = "data-version")]
            Self::Sqlite { kind, .. } => *kind,
            Self::ObserverGone => ErrorKind::Internal,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("message", &self.to_string())
            .finish()
    }
}

impl std::error::Error for Error {}

impl RecvError {
    /// What ended the subscription: mostly [`ErrorKind::Replaced`] or [`ErrorKind::Closed`], and any other that can be found
    /// while watching (`docs/operations.md`, "What ends a watcher").
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// The database that was watched.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.path()
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecvError").field(&self.0).finish()
    }
}

impl std::error::Error for RecvError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl From<RecvError> for Error {
    fn from(error: RecvError) -> Self {
        error.0
    }
}
