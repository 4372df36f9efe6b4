//! One table from honker's reasons to Python's exceptions.

use honker_core::ErrorKind;
use pyo3::exceptions::{
    PyException, PyFileNotFoundError, PyIsADirectoryError, PyOSError, PyPermissionError,
    PyRuntimeError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::{PyErrArguments, create_exception};
use std::ffi::OsString;

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
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::DirectoryNotFound => {
            PyFileNotFoundError::new_err(ours(error, ENOENT))
        }
        ErrorKind::IsDirectory => PyIsADirectoryError::new_err(ours(error, EISDIR)),
        ErrorKind::PermissionDenied => PyPermissionError::new_err(theirs(error, EACCES)),
        ErrorKind::InvalidPath | ErrorKind::Io if error.raw_os_error().is_some() => {
            PyOSError::new_err(theirs(error, EIO))
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

/// The numbers that Python's own `OSError`s carry: POSIX has given them names only, and every system the same numbers,
/// Windows' C library too.
const ENOENT: i32 = 2;
const EIO: i32 = 5;
const EACCES: i32 = 13;
const EISDIR: i32 = 21;

/// What an `OSError` is made of.
struct Parts {
    errno: i32,
    message: String,
    path: Option<OsString>,
    /// Windows has numbers of its own, from which Python makes the first one.
    winerror: Option<i32>,
}

/// With the number that Python's class of this error stands for.
fn ours(error: &honker_core::Error, errno: i32) -> Parts {
    Parts {
        errno,
        message: error.to_string(),
        // As text: a `PathBuf` would be a `pathlib.Path` there, and the `filename` of an `OSError` is none.
        path: error.path().map(|path| path.as_os_str().to_owned()),
        winerror: None,
    }
}

/// With the number that the system has told, if it has.
fn theirs(error: &honker_core::Error, otherwise: i32) -> Parts {
    let told = error.raw_os_error();
    Parts {
        winerror: told.filter(|_| cfg!(windows)),
        ..ours(error, told.filter(|_| cfg!(unix)).unwrap_or(otherwise))
    }
}

impl PyErrArguments for Parts {
    fn arguments(self, py: Python<'_>) -> Py<PyAny> {
        let (errno, message, path) = (self.errno, self.message, self.path);
        match self.winerror {
            None => (errno, message, path).arguments(py),
            Some(number) => (errno, message, path, number).arguments(py),
        }
    }
}
