//! Codes, and what they are called.

use crate::boundary::or_else;
use std::ffi::{CStr, c_char};

/// How a call ended. The numbers never change.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum honker_code {
    /// It worked.
    HONKER_OK = 0,
    /// No error: nothing came within the time.
    HONKER_TIMEOUT = 1,
    /// The database does not exist, and options.must_exist asks that it must.
    HONKER_NOT_FOUND = -1,
    /// The directory that should hold the database does not exist.
    HONKER_DIRECTORY_NOT_FOUND = -2,
    /// The path names a directory.
    HONKER_IS_DIRECTORY = -3,
    /// The path names a FIFO, a socket or a device.
    HONKER_NOT_REGULAR_FILE = -4,
    /// The file does not start with a SQLite header. It may be encrypted.
    HONKER_NOT_A_DATABASE = -5,
    /// The file system refused access to the database, its directory or its -shm.
    HONKER_PERMISSION_DENIED = -6,
    /// The path cannot name a database file: empty, too long, ":memory:", or a URI.
    HONKER_INVALID_PATH = -7,
    /// A setting is out of range, or a name or a position is none.
    HONKER_INVALID_CONFIG = -8,
    /// The backend cannot work for this database, file system or platform.
    HONKER_UNSUPPORTED = -9,
    /// A limit of the system was reached. The message names the setting that raises it.
    HONKER_LIMIT_REACHED = -10,
    /// The database file was replaced, removed or overwritten in place. The watcher is dead: open it anew.
    HONKER_REPLACED = -11,
    /// The watcher, or the subscription, was closed.
    HONKER_CLOSED = -12,
    /// The handle belongs to the parent process, and this is a child made by fork().
    HONKER_FORKED = -13,
    /// The operating system reported an input or output error.
    HONKER_IO = -14,
    /// A defect of honker: please report it.
    HONKER_INTERNAL = -15,
    /// A rule of this interface was broken: a pointer is NULL, or no handle of that kind, or options have no size.
    HONKER_MISUSE = -16,
    /// Another thread is waiting for this subscription.
    HONKER_BUSY = -17,
}

use honker_code as Code;

/// Each code with its name and its meaning.
const CODES: [(Code, &CStr, &CStr); 19] = [
    (Code::HONKER_OK, c"HONKER_OK", c"it worked"),
    (
        Code::HONKER_TIMEOUT,
        c"HONKER_TIMEOUT",
        c"nothing came within the time",
    ),
    (
        Code::HONKER_NOT_FOUND,
        c"HONKER_NOT_FOUND",
        c"no such database",
    ),
    (
        Code::HONKER_DIRECTORY_NOT_FOUND,
        c"HONKER_DIRECTORY_NOT_FOUND",
        c"no such directory",
    ),
    (
        Code::HONKER_IS_DIRECTORY,
        c"HONKER_IS_DIRECTORY",
        c"the path names a directory",
    ),
    (
        Code::HONKER_NOT_REGULAR_FILE,
        c"HONKER_NOT_REGULAR_FILE",
        c"the path names no regular file",
    ),
    (
        Code::HONKER_NOT_A_DATABASE,
        c"HONKER_NOT_A_DATABASE",
        c"the file is no SQLite database",
    ),
    (
        Code::HONKER_PERMISSION_DENIED,
        c"HONKER_PERMISSION_DENIED",
        c"access was refused",
    ),
    (
        Code::HONKER_INVALID_PATH,
        c"HONKER_INVALID_PATH",
        c"the path cannot name a database",
    ),
    (
        Code::HONKER_INVALID_CONFIG,
        c"HONKER_INVALID_CONFIG",
        c"a setting has no valid value",
    ),
    (
        Code::HONKER_UNSUPPORTED,
        c"HONKER_UNSUPPORTED",
        c"the backend cannot work for this database",
    ),
    (
        Code::HONKER_LIMIT_REACHED,
        c"HONKER_LIMIT_REACHED",
        c"a limit of the system was reached",
    ),
    (
        Code::HONKER_REPLACED,
        c"HONKER_REPLACED",
        c"the database file was replaced: open the watcher anew",
    ),
    (Code::HONKER_CLOSED, c"HONKER_CLOSED", c"it is closed"),
    (
        Code::HONKER_FORKED,
        c"HONKER_FORKED",
        c"it belongs to the parent process: open it anew in this child",
    ),
    (Code::HONKER_IO, c"HONKER_IO", c"input or output error"),
    (
        Code::HONKER_INTERNAL,
        c"HONKER_INTERNAL",
        c"a defect of honker: please report it",
    ),
    (
        Code::HONKER_MISUSE,
        c"HONKER_MISUSE",
        c"a rule of honker's interface was broken",
    ),
    (
        Code::HONKER_BUSY,
        c"HONKER_BUSY",
        c"another thread is waiting for this subscription",
    ),
];

fn entry(code: i32) -> Option<&'static (Code, &'static CStr, &'static CStr)> {
    CODES.iter().find(|(known, ..)| *known as i32 == code)
}

impl honker_code {
    /// As in the header.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        entry(self as i32)
            .expect("each has one")
            .1
            .to_str()
            .expect("ASCII")
    }
}

/// The name of a code, as "HONKER_CLOSED"; "HONKER_UNKNOWN" for any other number. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn honker_code_name(code: i32) -> *const c_char {
    or_else(c"HONKER_UNKNOWN".as_ptr(), || Some(entry(code)?.1.as_ptr()))
}

/// What a code means, in a few words. An error's message says more, and what to do. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn honker_code_text(code: i32) -> *const c_char {
    or_else(c"no code of honker".as_ptr(), || {
        Some(entry(code)?.2.as_ptr())
    })
}
