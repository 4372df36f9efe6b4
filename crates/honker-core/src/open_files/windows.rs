//! Windows has no setting for it: a process may have 16 million handles, as far as memory goes.

use crate::error::Reason;
use std::io;

/// `ERROR_TOO_MANY_OPEN_FILES`.
const TOO_MANY: i32 = 4;

/// What to say of an error that stands for the limit.
pub(crate) fn limit_reached(error: &io::Error) -> Option<Reason> {
    (error.raw_os_error() == Some(TOO_MANY)).then_some(Reason::Limit {
        what: "no file handle is left".into(),
        remedy: "Close some files of this process",
    })
}
