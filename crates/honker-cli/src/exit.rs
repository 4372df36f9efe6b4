//! How `honker` ends: the exit codes, and which error means which.

use honker_core::{Error, ErrorKind};
use std::fmt::Write as _;

/// For `honker --help`. Keep in step with [`Exit::code`].
pub(crate) const HELP: &str = "\
Exit codes:
  0    --count reached (or whoever read the output went away)
  1    any other error
  2    usage
  3    the watcher died: the database was replaced or removed, or what the message says
  4    not a database, no such file, or it cannot be read
  124  --timeout reached
  126  CMD could not be started; 127 if it was not found
  130  Ctrl-C; 143 SIGTERM; 128 + n for any other signal n
With --exit-on-error, the code of the CMD that failed.";

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    Usage,
    Died,
    NoDatabase,
    TimedOut,
    CannotRun,
    NoSuchCommand,
    /// Ended by this signal.
    Signal(i32),
    /// The code of the user's command.
    Command(u8),
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Died => 3,
            Self::NoDatabase => 4,
            Self::TimedOut => 124,
            Self::CannotRun => 126,
            Self::NoSuchCommand => 127,
            // As shells report it.
            Self::Signal(number) => u8::try_from(128 + number).unwrap_or(u8::MAX),
            Self::Command(code) => code,
        }
    }
}

/// An error that ends the process: one line that says what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }
}

/// The table: what an error of the library means here, and what to do if it was the system that refused (the library's
/// own errors say it themselves).
fn meaning(kind: ErrorKind) -> (Exit, &'static str) {
    const PATH: &str = "Check the path";
    const ACCESS: &str = "Run honker as a user who may read the file and its directory";
    const DISK: &str = "Check the path, and the disk or mount that holds it";
    const REPORT: &str = "Please report this";
    match kind {
        ErrorKind::NotFound => (Exit::NoDatabase, PATH),
        ErrorKind::DirectoryNotFound => (Exit::NoDatabase, PATH),
        ErrorKind::IsDirectory => (Exit::NoDatabase, PATH),
        ErrorKind::NotRegularFile => (Exit::NoDatabase, PATH),
        ErrorKind::NotADatabase => (Exit::NoDatabase, PATH),
        ErrorKind::PermissionDenied => (Exit::NoDatabase, ACCESS),
        ErrorKind::InvalidPath => (Exit::NoDatabase, PATH),
        ErrorKind::Io => (Exit::NoDatabase, DISK),
        ErrorKind::InvalidConfig => (Exit::Usage, PATH),
        ErrorKind::Unsupported => (Exit::Failed, "Try --backend auto"),
        ErrorKind::LimitReached => (Exit::Failed, "Try --backend polling"),
        ErrorKind::Replaced => (Exit::Died, PATH),
        ErrorKind::Closed => (Exit::Died, REPORT),
        ErrorKind::Forked => (Exit::Died, REPORT),
        ErrorKind::Internal => (Exit::Failed, REPORT),
        // The list of kinds may grow.
        _ => (Exit::Failed, REPORT),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, advice) = meaning(error.kind());
        if error.kind() == ErrorKind::NotFound {
            // The library speaks of its builder; here it is a flag.
            let path = error.path().unwrap_or(std::path::Path::new(""));
            let message = format!("no such file: {path:?}. Check the path, or add --wait-for-file");
            return Self::new(exit, message);
        }
        let mut message = error.to_string();
        if error.raw_os_error().is_some() {
            let _ = write!(message, ". {advice}");
        }
        Self::new(exit, message)
    }
}
