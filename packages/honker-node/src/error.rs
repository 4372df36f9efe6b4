//! One table from honker's reasons to the codes of Node's errors.

use honker_core::{ErrorKind, RecvError};
use napi::Error;

/// What a call throws: an error whose `code` is stable. JavaScript makes the class of it.
pub type Result<T> = std::result::Result<T, Error<Code>>;

/// The `code` of an error.
#[derive(Clone, Copy)]
pub struct Code(&'static str);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl From<napi::Status> for Code {
    fn from(_: napi::Status) -> Self {
        Self(OTHER)
    }
}

const CLOSED: &str = "ERR_HONKER_CLOSED";
const DIED: &str = "ERR_HONKER_DIED";
const INVALID: &str = "ERR_INVALID_ARG_VALUE";
const OTHER: &str = "ERR_HONKER";

fn code(error: &honker_core::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::DirectoryNotFound => "ENOENT",
        ErrorKind::IsDirectory => "EISDIR",
        ErrorKind::PermissionDenied => "EACCES",
        ErrorKind::InvalidPath | ErrorKind::InvalidConfig => INVALID,
        ErrorKind::Closed => CLOSED,
        _ => OTHER,
    }
}

/// Why something could not be begun.
pub(crate) fn refused(error: &honker_core::Error) -> Error<Code> {
    Error::new(Code(code(error)), error.to_string())
}

/// The same, of a watcher that was opened before: it may have died since.
pub(crate) fn ended(error: &honker_core::Error) -> Error<Code> {
    let code = match error.kind() {
        ErrorKind::Closed => CLOSED,
        ErrorKind::InvalidConfig => INVALID,
        ErrorKind::Forked | ErrorKind::LimitReached => OTHER,
        _ => DIED,
    };
    Error::new(Code(code), error.to_string())
}

/// Why a subscription ended.
pub(crate) fn subscription_ended(error: RecvError) -> Error<Code> {
    ended(&error.into())
}

/// What is said of a closed database.
pub(crate) fn closed() -> Error<Code> {
    Error::new(
        Code(CLOSED),
        "the database is closed. Open it again with honker.open()".to_owned(),
    )
}

/// What is said of a closed subscription.
pub(crate) fn subscription_closed() -> Error<Code> {
    Error::new(
        Code(CLOSED),
        "this subscription is closed. Subscribe again with Database.updateEvents()".to_owned(),
    )
}

/// A value that is not one of those there are.
pub(crate) fn invalid(message: String) -> Error<Code> {
    Error::new(Code(INVALID), message)
}
