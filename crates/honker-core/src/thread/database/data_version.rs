//! Asking SQLite itself: `PRAGMA data_version` on a read-only connection.
//!
//! For files that cannot be judged from outside. The price is a SQLite in the process, with its locks and its `-wal`
//! and `-shm`; `docs/backends.md` says what that means.
//!
//! All connections belong to one thread with a descriptor table of its own, so that what they close drops no lock of
//! anybody else, and nothing that others close drops theirs. SQLite shares what it knows of a file, descriptors
//! included, between all connections of a process; so the process must have no connection of its own to that file.

mod log;

use super::observe::{Observe, Refusal};
use crate::backend::WatcherBackend;
use crate::cadence::Writer;
use crate::descriptor::Table;
use crate::error::{Error, ErrorKind, Overwritten, Reason};
use crate::identity::{self, Identity};
use crate::location::Location;
use crate::observer::evidence::{Part, Seen, Trouble, What};
use crate::observer::files::not_regular;
use crate::observer::header::{Extent, Header};
use crate::observer::standing::{LogStanding, Standing};
use crate::observer::{Look, Tally};
use crate::stats::Conservative;
use log::{LastCommit, Log};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The process in which SQLite was used first; 0 before that.
static PROCESS: AtomicU32 = AtomicU32::new(0);

const VERSION: &str = "PRAGMA data_version";

/// A connection that is only ever asked for its `data_version`. It stays open through every refusal: a new one would
/// start from a new baseline, and miss what was committed before.
pub(super) struct DataVersion {
    connection: Connection,
    /// After the connection, so that it is let go of last.
    log: Option<Log>,
    location: Location,
    identity: Identity,
    last: Option<i64>,
    commit: LastCommit,
    /// Why the first answer is news.
    owed: Option<Conservative>,
}

impl DataVersion {
    /// Connects. `is_new`: the file was missing before, and whatever it holds was committed since.
    pub(super) fn open(table: &Table, location: &Location, is_new: bool) -> Result<Self, Refusal> {
        let path = &location.path;
        let identity = regular_file(path)?;
        refuse_where_it_harms(table, identity).map_err(|why| {
            let backend = WatcherBackend::DataVersion.name();
            Refusal::ForGood(Error::at(path, Reason::BackendUnavailable { backend, why }))
        })?;
        // The sidecars lie beside the file that a link leads to.
        let real = location.join(&location.name);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(real, flags)
            .and_then(|connection| {
                connection.busy_timeout(Duration::ZERO)?;
                Ok(connection)
            })
            .map_err(|error| {
                let (message, kind) = explain(&error);
                Refusal::ForNow(Error::at(path, Reason::Sqlite { message, kind }))
            })?;
        if regular_file(path)? != identity {
            // Replaced meanwhile: it is not known which of the two was opened.
            let reason = Reason::Sqlite {
                message: "it was replaced while it was opened".to_owned(),
                kind: ErrorKind::Io,
            };
            let error = Error::at(path, reason);
            return Err(Refusal::ForNow(error));
        }
        Ok(Self {
            connection,
            log: None,
            location: location.clone(),
            identity,
            last: None,
            commit: LastCommit::Unknown,
            owed: is_new.then_some(Conservative::Appeared),
        })
    }

    fn ask(&mut self) -> rusqlite::Result<Look> {
        let version = self.number(VERSION)?;
        if self.last == Some(version) {
            return Ok(Look::Same);
        }
        // Read after the version: what is in it can be read by now.
        let commit = self.last_commit();
        if commit == LastCommit::Torn {
            return Ok(Look::Busy);
        }
        if self.last.is_none() {
            let is_empty = self.number("PRAGMA page_count")? == 0;
            if self.number(VERSION)? != version {
                // The last commit and the version may be of two moments.
                return Ok(Look::Busy);
            }
            if is_empty && self.owed == Some(Conservative::Appeared) {
                // Nothing was committed yet. What will be moves the version.
                self.owed = None;
            }
        }
        let is_first = self.last.replace(version).is_none();
        let before = std::mem::replace(&mut self.commit, commit);
        let news = match commit {
            _ if is_first => self.owed.take(),
            LastCommit::Is(_) if commit == before => None,
            _ => Some(Conservative::DataVersion),
        };
        Ok(news.map_or(Look::Same, |reason| {
            Look::Commits(Tally::at_least_one(reason))
        }))
    }

    fn last_commit(&mut self) -> LastCommit {
        // As long as this connection is open the database cannot leave WAL, so that this is asked once.
        if self.log.is_none() && self.is_wal() {
            self.log = Log::hold(&self.location);
        }
        self.log
            .as_ref()
            .map_or(LastCommit::Unknown, Log::last_commit)
    }

    fn is_wal(&self) -> bool {
        let mode = self
            .connection
            .query_row("PRAGMA journal_mode", [], |row| row.get(0));
        mode.is_ok_and(|mode: String| mode == "wal")
    }

    fn number(&self, sql: &str) -> rusqlite::Result<i64> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row([], |row| row.get(0))
    }
}

impl Observe for DataVersion {
    fn look(&mut self, _now: Duration) -> Seen<Look> {
        self.ask().or_else(|error| judge(&error))
    }

    fn identity(&self) -> Identity {
        self.identity
    }

    fn is_settled(&self) -> bool {
        self.last.is_some()
    }

    fn standing(&mut self) -> Standing {
        match self.commit {
            LastCommit::Is(commit) => Standing::Wal {
                file: self.identity,
                log: LogStanding {
                    commit,
                    stamp: None,
                },
            },
            // SQLite's version means something to its own connection only.
            LastCommit::Unknown | LastCommit::Torn => Standing::Unknown,
        }
    }

    fn is_certain(&self) -> bool {
        true
    }

    fn is_at_first_header(&self) -> bool {
        self.last.is_none()
    }

    fn rely_on_baseline(&mut self) {
        if self.last.is_none() {
            self.owed.get_or_insert(Conservative::StartedDuringWrite);
        }
    }

    // The rest is about hints and about what can be seen from outside: there is none here.

    fn writer(&mut self) -> Writer {
        Writer::Unseen
    }

    fn extent(&self) -> Extent {
        Extent::Whole
    }

    fn is_rollback(&mut self) -> bool {
        false
    }

    fn is_open_elsewhere(&self) -> bool {
        // Its own connection is one that has it open here.
        false
    }

    fn has_journal(&self) -> bool {
        false
    }

    fn current_header(&mut self) -> Option<Header> {
        None
    }
}

/// What a refusal means: a writer is in the way, or this is no database, or it cannot be read.
fn judge(error: &rusqlite::Error) -> Seen<Look> {
    let Some(code) = error.sqlite_error() else {
        return Err(trouble(error));
    };
    // A hot journal or a log to recover, which a read-only connection leaves to the next writer: until then nothing
    // can be committed.
    let is_unfinished = [ffi::SQLITE_READONLY_ROLLBACK, ffi::SQLITE_READONLY_RECOVERY]
        .contains(&code.extended_code);
    match code.code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed => Ok(Look::Busy),
        _ if is_unfinished => Ok(Look::Busy),
        ErrorCode::NotADatabase => Ok(Look::Overwritten(Overwritten::NotADatabase)),
        _ => Err(trouble(error)),
    }
}

fn trouble(error: &rusqlite::Error) -> Trouble {
    let (message, kind) = explain(error);
    Trouble {
        part: Part::Database,
        what: What::Sqlite { message, kind },
    }
}

fn explain(error: &rusqlite::Error) -> (String, ErrorKind) {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => (
            format!(
                "{error}. It needs to read the file and, in WAL mode, to read and write its -shm, or to create one in \
                 its directory. Run this as a user who may, or use polling"
            ),
            ErrorKind::PermissionDenied,
        ),
        _ => (
            format!(
                "{error}. Check the file with PRAGMA integrity_check, and the disk that holds it"
            ),
            ErrorKind::Io,
        ),
    }
}

fn regular_file(path: &Path) -> Result<Identity, Refusal> {
    let refused = |error| Refusal::from_system(path, error);
    if !path.metadata().map_err(refused)?.is_file() {
        return Err(refused(not_regular()));
    }
    identity::of_path(path).map_err(refused)
}

/// Where a connection here would drop the locks of another one, or mix up its descriptors with those of another one.
fn refuse_where_it_harms(table: &Table, database: Identity) -> Result<(), String> {
    if !table.is_private() {
        return Err(
            "this system grants no descriptor table of its own, so that its connection would drop the locks of this \
             process's SQLite. Use polling"
                .to_owned(),
        );
    }
    if is_open_in_this_process(database) {
        return Err(
            "this process has the file open itself, and SQLite would mix up the two. Use polling, or watch from \
             another process (honker watch --backend data-version)"
                .to_owned(),
        );
    }
    let this = std::process::id();
    let first = PROCESS.compare_exchange(0, this, Ordering::SeqCst, Ordering::SeqCst);
    if first.is_err_and(|first| first != this) {
        return Err(
            "this process is a child made by fork of one that used it, and SQLite does not survive that. Use polling, \
             or execute a new program"
                .to_owned(),
        );
    }
    Ok(())
}

/// Whether the file is open in the process's own descriptor table, which is not the one of this thread.
fn is_open_in_this_process(database: Identity) -> bool {
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else {
        return false;
    };
    open.flatten()
        .any(|descriptor| identity::of_path(&descriptor.path()).is_ok_and(|open| open == database))
}
