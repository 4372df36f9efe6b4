//! One table from honker's reasons to Python's exceptions.

use honker_core::ErrorKind;
use pyo3::create_exception;
use pyo3::exceptions::{
    PyException, PyFileNotFoundError, PyIsADirectoryError, PyOSError, PyPermissionError,
    PyRuntimeError, PyValueError,
};
use pyo3::prelude::*;

create_exception!(
    honker,
    Error,
    PyException,
    "What honker cannot do, and what to do about it. Its message says both."
);
create_exception!(
    honker,
    ClosedError,
    Error,
    "The Database, or the subscription, is closed."
);
create_exception!(
    honker,
    WatcherDied,
    PyRuntimeError,
    "The watcher of a database has died, most likely because its file was replaced. `reason` says why. Open the \
     database again to go on."
);

/// The specification's message, in every language.
const DIED: &str = "honker: update watcher died (database file likely replaced; recreate honker.open() to recover)";

/// What `open` and the like raise.
pub(crate) fn raise(error: &honker_core::Error) -> PyErr {
    let message = error.to_string();
    // As text: a `PathBuf` would be a `pathlib.Path` there, and the `filename` of an `OSError` is none.
    let path = || error.path().map(|path| path.as_os_str().to_owned());
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::DirectoryNotFound => {
            PyFileNotFoundError::new_err((libc_errno::ENOENT, message, path()))
        }
        ErrorKind::IsDirectory => {
            PyIsADirectoryError::new_err((libc_errno::EISDIR, message, path()))
        }
        ErrorKind::PermissionDenied => {
            let errno = error.raw_os_error().unwrap_or(libc_errno::EACCES);
            PyPermissionError::new_err((errno, message, path()))
        }
        ErrorKind::InvalidPath | ErrorKind::Io if let Some(errno) = error.raw_os_error() => {
            PyOSError::new_err((errno, message, path()))
        }
        ErrorKind::InvalidPath | ErrorKind::InvalidConfig => PyValueError::new_err(message),
        ErrorKind::Closed => ClosedError::new_err(message),
        _ => Error::new_err(message),
    }
}

/// What a watcher that was opened raises: it is closed, of another process, asked for nonsense, or dead.
pub(crate) fn raise_end(py: Python<'_>, error: &honker_core::Error) -> PyErr {
    match error.kind() {
        ErrorKind::Closed | ErrorKind::Forked | ErrorKind::InvalidConfig => raise(error),
        _ => {
            let died = WatcherDied::new_err(DIED);
            match died.value(py).setattr("reason", error.to_string()) {
                Ok(()) => died,
                Err(other) => other,
            }
        }
    }
}

/// The numbers that Python's own `OSError`s carry.
mod libc_errno {
    pub(super) const ENOENT: i32 = rustix::io::Errno::NOENT.raw_os_error();
    pub(super) const EISDIR: i32 = rustix::io::Errno::ISDIR.raw_os_error();
    pub(super) const EACCES: i32 = rustix::io::Errno::ACCESS.raw_os_error();
}
