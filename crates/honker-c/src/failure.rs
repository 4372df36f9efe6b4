//! One table from honker's reasons to codes.

use crate::abi::honker_code;
use crate::paths;
use honker_core::{ErrorKind, RecvError};
use std::ffi::CString;

/// Why a call could not be done.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: honker_code,
    pub(crate) message: CString,
    pub(crate) path: Option<CString>,
    pub(crate) errno: i32,
}

impl Failure {
    fn new(code: honker_code, message: impl Into<Vec<u8>>) -> Self {
        Self {
            code,
            message: text(message.into()),
            path: None,
            errno: 0,
        }
    }

    /// The caller broke a rule of the interface.
    pub(crate) fn misuse(message: impl Into<Vec<u8>>) -> Self {
        Self::new(honker_code::HONKER_MISUSE, message)
    }

    /// Another thread has the subscription.
    pub(crate) fn busy() -> Self {
        Self::new(
            honker_code::HONKER_BUSY,
            "another thread is waiting for this subscription. Subscribe once for each that waits: every subscription \
             gets every wake",
        )
    }

    /// A subscription of the parent.
    pub(crate) fn forked() -> Self {
        Self::new(
            honker_code::HONKER_FORKED,
            "this subscription belongs to the parent process, and this is a child made by fork. Open the database again \
             here",
        )
    }

    /// A path of Windows that is no text.
    #[cfg(not(unix))]
    pub(crate) fn not_utf8() -> Self {
        Self::new(
            honker_code::HONKER_INVALID_PATH,
            "the path is not UTF-8. Convert it, for example with WideCharToMultiByte(CP_UTF8, ...)",
        )
    }

    /// A setting whose value is not one of those there are.
    pub(crate) fn unknown(message: String) -> Self {
        Self::new(honker_code::HONKER_INVALID_CONFIG, message)
    }

    /// A defect of honker.
    pub(crate) fn internal(what: &str) -> Self {
        Self::new(
            honker_code::HONKER_INTERNAL,
            format!("a defect of honker, please report it: {what}"),
        )
    }

    /// The operating system refused a descriptor.
    pub(crate) fn no_descriptor(error: &std::io::Error) -> Self {
        let message =
            format!("cannot make a descriptor to wait on: {error}. Raise the limit of open files");
        Self {
            errno: error.raw_os_error().unwrap_or(0),
            ..Self::new(honker_code::HONKER_LIMIT_REACHED, message)
        }
    }
}

impl From<honker_core::Error> for Failure {
    fn from(error: honker_core::Error) -> Self {
        Self {
            path: error.path().map(|path| text(paths::to_c(path))),
            errno: error.raw_os_error().unwrap_or(0),
            ..Self::new(code(error.kind()), error.to_string())
        }
    }
}

impl From<RecvError> for Failure {
    fn from(error: RecvError) -> Self {
        honker_core::Error::from(error).into()
    }
}

/// The table. A test holds it against every kind there is.
fn code(kind: ErrorKind) -> honker_code {
    match kind {
        ErrorKind::NotFound => honker_code::HONKER_NOT_FOUND,
        ErrorKind::DirectoryNotFound => honker_code::HONKER_DIRECTORY_NOT_FOUND,
        ErrorKind::IsDirectory => honker_code::HONKER_IS_DIRECTORY,
        ErrorKind::NotRegularFile => honker_code::HONKER_NOT_REGULAR_FILE,
        ErrorKind::NotADatabase => honker_code::HONKER_NOT_A_DATABASE,
        ErrorKind::PermissionDenied => honker_code::HONKER_PERMISSION_DENIED,
        ErrorKind::InvalidPath => honker_code::HONKER_INVALID_PATH,
        ErrorKind::InvalidConfig => honker_code::HONKER_INVALID_CONFIG,
        ErrorKind::Unsupported => honker_code::HONKER_UNSUPPORTED,
        ErrorKind::LimitReached => honker_code::HONKER_LIMIT_REACHED,
        ErrorKind::Replaced => honker_code::HONKER_REPLACED,
        ErrorKind::Closed => honker_code::HONKER_CLOSED,
        ErrorKind::Forked => honker_code::HONKER_FORKED,
        ErrorKind::Io => honker_code::HONKER_IO,
        _ => honker_code::HONKER_INTERNAL,
    }
}

/// Without what C takes for its end.
pub(crate) fn text(mut bytes: Vec<u8>) -> CString {
    bytes.retain(|byte| *byte != 0);
    CString::new(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_the_code_of_its_name() {
        for kind in ErrorKind::ALL {
            let name = code(kind).name();
            assert_eq!(name, format!("HONKER_{}", kind.name().to_uppercase()));
        }
    }
}
