//! What each reason says, and what to do about it.

use super::quoted::Quoted;
use super::{Error, Overwritten, Reason};
use std::fmt;
use std::io;
use std::path::Path;

/// What to do about a watcher that died; the end of every such message.
const REOPEN: &str =
    "The watcher cannot recover; close the Database and reopen with honker.open().";

impl Error {
    /// The message without its advice, for a watcher that goes on.
    pub(crate) fn without_advice(&self) -> String {
        self.to_string().replace(REOPEN, "").trim_end().to_owned()
    }
}

impl fmt::Display for Error {
    #[allow(clippy::too_many_lines)] // one arm a reason: a table is easier to read than its parts
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = Quoted(self.inner.path.as_deref().unwrap_or(Path::new("")));
        match &self.inner.reason {
            Reason::NotFound => write!(
                f,
                "no such file: {path:?}. Check the path, or leave out the demand that it must exist: a missing file \
                 is then watched until its first commit"
            ),
            Reason::DirectoryNotFound { directory } => write!(
                f,
                "no such directory: {:?}. Create it before you watch {path:?}",
                Quoted(directory)
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
                write!(f, "{setting} must be longer than zero. Leave it out for no such wakes")
            }
            Reason::PollInterval { least, most } => write!(
                f,
                "poll_interval must be between {least:?} and {most:?}; the default of 1 ms suits most programs. For \
                 wakes within microseconds, or for no work while nothing is committed, use the kernel backend"
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
            Reason::FormatVersion { read } => write!(
                f,
                "{path:?} has file format version {read}, as WAL2 of a branch of SQLite has; SQLite and honker read \
                 versions 1 and 2. Switch it with PRAGMA journal_mode=WAL"
            ),
            Reason::OtherName => write!(
                f,
                "{path:?} is open under another name (a hard link, or a file that is mounted by itself), and its \
                 write-ahead log lies beside that name, out of sight here; or its log was removed while it was open. \
                 Watch the name that its writers use, or mount the directory instead of the file"
            ),
            Reason::LeftWal => write!(
                f,
                "{path:?} has left WAL mode, and the shm backend needs its wal-index. Reopen it with another backend"
            ),
            Reason::PathRetargeted { expected, found } => write!(
                f,
                "{path:?} leads to {:?} now, and to {:?} when watching began. Close this watcher and open it again",
                Quoted(found),
                Quoted(expected)
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
                    Overwritten::Resized => f.write_str("its page size changed without a commit")?,
                    Overwritten::UnknownVersion { read } => {
                        write!(f, "it has file format version {read} now")?;
                    }
                    Overwritten::NotADatabase => f.write_str("it has no SQLite header any more")?,
                }
                write!(f, ") at {path:?}. {REOPEN}")
            }
            Reason::Closed => write!(f, "the watcher of {path:?} is closed. Open a new one"),
            Reason::SubscriptionClosed => write!(
                f,
                "this subscription to {path:?} is closed. Subscribe again: its watcher may still be open"
            ),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;
    use std::time::Duration;

    /// One of each reason, and what its message says. Both are made of one list, in which no reason can be missing.
    macro_rules! each_reason {
        ($($(#[$attribute:meta])* $pattern:pat => $sample:expr, $says:literal;)+) => {
            fn samples() -> Vec<Reason> {
                vec![$($(#[$attribute])* $sample,)+]
            }

            fn says(reason: &Reason) -> &'static str {
                match reason {
                    $($(#[$attribute])* $pattern => $says,)+
                }
            }
        };
    }

    const FILE: Identity = Identity { dev: 1, ino: 2 };

    each_reason! {
        Reason::NotFound => Reason::NotFound, "no such file";
        Reason::DirectoryNotFound { .. } => Reason::DirectoryNotFound { directory: "/srv".into() }, "no such directory";
        Reason::IsDirectory => Reason::IsDirectory, "is a directory";
        Reason::NotRegularFile { .. } => Reason::NotRegularFile { found: "a FIFO" }, "not a regular file";
        Reason::NotADatabase { .. } => Reason::NotADatabase { found: String::new() }, "is not a SQLite database";
        Reason::EmptyPath => Reason::EmptyPath, "the path is empty";
        Reason::NulInPath => Reason::NulInPath, "contains a NUL character";
        Reason::MemoryDatabase => Reason::MemoryDatabase, "is private to one connection";
        Reason::Uri => Reason::Uri, "is a URI";
        Reason::Zero { .. } => Reason::Zero { setting: "idle_poll" }, "must be longer than zero";
        Reason::PollInterval { .. } => Reason::PollInterval { least: Duration::ZERO, most: Duration::MAX },
            "poll_interval must be between";
        Reason::UnknownBackend { .. } => Reason::UnknownBackend { name: String::new() }, "unknown watcher backend";
        Reason::NotAPosition { .. } => Reason::NotAPosition { text: String::new() }, "is no position of this version";
        Reason::BackendUnavailable { .. } => Reason::BackendUnavailable { backend: "shm", why: String::new() },
            "backend cannot watch";
        Reason::WalIndexVersion { .. } => Reason::WalIndexVersion { version: 1 }, "has a wal-index of version";
        Reason::FormatVersion { .. } => Reason::FormatVersion { read: 3 }, "has file format version";
        Reason::OtherName => Reason::OtherName, "is open under another name";
        Reason::LeftWal => Reason::LeftWal, "has left WAL mode";
        Reason::PathRetargeted { .. } => Reason::PathRetargeted { expected: "/a".into(), found: "/b".into() }, "leads to";
        Reason::Limit { .. } => Reason::Limit { what: "".into(), remedy: "" }, "cannot watch";
        Reason::Replaced { .. } => Reason::Replaced { expected: FILE, found: None },
            "database file replaced: expected";
        Reason::Overwritten { .. } => Reason::Overwritten { what: Overwritten::Emptied }, "overwritten in place";
        Reason::Closed => Reason::Closed, "is closed";
        Reason::SubscriptionClosed => Reason::SubscriptionClosed, "this subscription";
        Reason::Forked => Reason::Forked, "belongs to the parent process";
        Reason::System { .. } => Reason::System { what: "cannot check the identity of".to_owned(), errno: 5 },
            "cannot check the identity of";
        #[cfg(feature = "data-version")]
        Reason::Sqlite { .. } => Reason::Sqlite { message: String::new(), kind: crate::ErrorKind::Io },
            "SQLite cannot read";
        Reason::ObserverGone => Reason::ObserverGone, "the observer thread ended unexpectedly";
    }

    #[test]
    fn every_reason_is_explained_to_operators_by_what_it_says() {
        let operations = include_str!("../../../../docs/operations.md");
        for reason in samples() {
            let phrase = says(&reason);
            let message = Error::at(Path::new("/srv/app.db"), reason).to_string();
            assert!(message.contains(phrase), "{message}");
            assert!(
                operations.contains(&format!("`{phrase}`")),
                "docs/operations.md does not say what this means: {message}"
            );
        }
    }
}
