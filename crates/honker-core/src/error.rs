//! One reason enum behind every error; what the caller sees is opaque, with accessors.

use crate::identity::Identity;
use rustix::io::Errno;
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

/// The kinds of [`Error`] and [`RecvError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The database does not exist, and the caller asked that it must.
    NotFound,
    /// The directory that should hold the database does not exist.
    DirectoryNotFound,
    /// The path names a directory.
    IsDirectory,
    /// The path names a FIFO, a socket or a device.
    NotRegularFile,
    /// The file does not start with a SQLite header. It may be encrypted.
    NotADatabase,
    /// The file system refused access to the database, its directory or its `-shm`.
    PermissionDenied,
    /// The path cannot name a database file: empty, with a NUL in it, `:memory:`, or a `file:` URI.
    InvalidPath,
    /// A setting is out of range, or a name is not one of the valid ones.
    InvalidConfig,
    /// The backend cannot work for this database, file system or platform.
    Unsupported,
    /// A limit of the system was reached; the message names the setting that raises it.
    LimitReached,
    /// The database file was replaced, removed or overwritten in place. The watcher is dead.
    Replaced,
    /// The watcher was closed.
    Closed,
    /// The watcher belongs to the parent process; this is a child made by `fork`.
    Forked,
    /// The operating system reported an input or output error.
    Io,
    /// A defect of honker: please report it.
    Internal,
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
    PollIntervalTooShort {
        least: Duration,
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
    LeftWal,
    PathRetargeted {
        expected: PathBuf,
        found: PathBuf,
    },
    Limit {
        what: &'static str,
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
    CounterBackwards { from: u32, to: u32 },
    Emptied,
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
        let errno = errno.into().raw_os_error().unwrap_or(0);
        if [Errno::MFILE, Errno::NFILE]
            .map(Errno::raw_os_error)
            .contains(&errno)
        {
            return Self::at(
                path,
                Reason::Limit {
                    what: "no file descriptor is left for this process",
                    remedy: "Raise its limit of open files (ulimit -n)",
                },
            );
        }
        let what = what.into();
        Self::at(path, Reason::System { what, errno })
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
            | Self::PollIntervalTooShort { .. }
            | Self::UnknownBackend { .. }
            | Self::NotAPosition { .. } => ErrorKind::InvalidConfig,
            Self::BackendUnavailable { .. } | Self::WalIndexVersion { .. } | Self::LeftWal => {
                ErrorKind::Unsupported
            }
            Self::Limit { .. } => ErrorKind::LimitReached,
            Self::Replaced { .. } | Self::PathRetargeted { .. } | Self::Overwritten { .. } => {
                ErrorKind::Replaced
            }
            Self::Closed => ErrorKind::Closed,
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

/// What to do about a watcher that died; the end of every such message.
const REOPEN: &str =
    "The watcher cannot recover; close the Database and reopen with honker.open().";

impl fmt::Display for Error {
    #[allow(clippy::too_many_lines)] // one arm a reason: a table is easier to read than its parts
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.inner.path.as_deref().unwrap_or(Path::new(""));
        match &self.inner.reason {
            Reason::NotFound => write!(
                f,
                "no such file: {path:?}. Check the path, or leave out the demand that it must exist: a missing file \
                 is then watched until its first commit"
            ),
            Reason::DirectoryNotFound { directory } => write!(
                f,
                "no such directory: {directory:?}. Create it before you watch {path:?}"
            ),
            Reason::IsDirectory => {
                write!(f, "{path:?} is a directory. Give the path of the database file in it")
            }
            Reason::NotRegularFile { found } => {
                write!(f, "{path:?} is {found}, not a regular file. Give the path of a SQLite database")
            }
            Reason::NotADatabase { found } => write!(
                f,
                "{path:?} is not a SQLite database: {found}. If it is encrypted (SQLCipher and the like), its header \
                 cannot be read from outside and honker cannot watch it"
            ),
            Reason::EmptyPath => f.write_str("the path is empty. Give the path of a database file"),
            Reason::NulInPath => write!(f, "the path {path:?} contains a NUL character. Remove it"),
            Reason::MemoryDatabase => f.write_str(
                "\":memory:\" is private to one connection, so no one else can commit to it. Use a file, for example \
                 in /dev/shm",
            ),
            Reason::Uri => write!(
                f,
                "{path:?} is a URI. Give the plain path of the file: its parameters (mode, vfs, immutable) concern \
                 connections, and honker opens none. For a file whose name does start with \"file:\", write \"./file:…\""
            ),
            Reason::Zero { setting } => {
                write!(f, "{setting} must be longer than zero. The default of 1 ms suits most programs")
            }
            Reason::PollIntervalTooShort { least } => write!(
                f,
                "poll_interval must be at least {least:?}: looking more often burns a core. For wakes within \
                 microseconds use the kernel or shm backend"
            ),
            Reason::UnknownBackend { name } => write!(
                f,
                "unknown watcher backend {name:?}. Valid names: {}",
                crate::backend::NAMES.join(", ")
            ),
            Reason::NotAPosition { text } => write!(
                f,
                "{text:?} is no position of this version of honker, or not a whole one. Pass one exactly as it was \
                 printed; without one, subscribe first and then read everything"
            ),
            Reason::BackendUnavailable { backend, why } => {
                write!(f, "the {backend} backend cannot watch {path:?}: {why}")
            }
            Reason::WalIndexVersion { version } => write!(
                f,
                "{path:?} has a wal-index of version {version}; honker knows version 3007000. Watch it with a newer \
                 honker"
            ),
            Reason::LeftWal => write!(
                f,
                "{path:?} has left WAL mode, and the shm backend needs its wal-index. Reopen it with another backend"
            ),
            Reason::PathRetargeted { expected, found } => write!(
                f,
                "{path:?} leads to {found:?} now, and to {expected:?} when watching began. Close this watcher and open \
                 it again"
            ),
            Reason::Limit { what, remedy } => write!(f, "cannot watch {path:?}: {what}. {remedy}"),
            Reason::Replaced { expected, found } => {
                write!(f, "honker: database file replaced: expected {expected}, found ")?;
                match found {
                    Some(found) => write!(f, "{found}")?,
                    None => f.write_str("no file")?,
                }
                write!(f, " at {path:?}. {REOPEN}")
            }
            Reason::Overwritten { what } => {
                f.write_str("honker: database file replaced: overwritten in place (")?;
                match what {
                    Overwritten::CounterBackwards { from, to } => {
                        write!(f, "its change counter went back from {from} to {to}")?;
                    }
                    Overwritten::Emptied => f.write_str("it was cut to zero bytes")?,
                    Overwritten::NotADatabase => f.write_str("it has no SQLite header any more")?,
                }
                write!(f, ") at {path:?}. {REOPEN}")
            }
            Reason::Closed => write!(f, "the watcher of {path:?} is closed. Open a new one"),
            Reason::Forked => write!(
                f,
                "the watcher of {path:?} belongs to the parent process, and this is a child made by fork. Open a new \
                 one here"
            ),
            Reason::System { what, errno } => {
                write!(f, "{what} {path:?}: {}", io::Error::from_raw_os_error(*errno))
            }
            #[cfg(feature = "data-version")]
            Reason::Sqlite { message, .. } => write!(f, "SQLite cannot read {path:?}: {message}"),
            Reason::ObserverGone => write!(
                f,
                "the observer thread ended unexpectedly while watching {path:?}. Please report this; reopening starts \
                 a new one"
            ),
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
    /// What ended the subscription: [`ErrorKind::Replaced`], [`ErrorKind::Closed`], [`ErrorKind::Forked`] or
    /// [`ErrorKind::Io`].
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
