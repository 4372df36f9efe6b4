//! The diagnosis: what a file is, and which backends work for it.

use crate::backend::WatcherBackend;
use crate::bell;
use crate::caution;
use crate::descriptor::Table;
use crate::error::{Error, Reason, Result};
use crate::location::Location;
use crate::mount::{self, FileSystem, Mount};
use crate::observer::evidence::{Evidence, What};
use crate::observer::files::Files;
use crate::observer::header::Header;
use crate::thread;
use crate::watcher::refuse_what_is_no_regular_file;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::sync_channel;

/// What [`probe`] found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// The path, absolute.
    pub path: PathBuf,
    /// Where the file really is, if that is elsewhere (a symbolic link). The sidecars lie there.
    pub real_path: PathBuf,
    /// Whether there is a file.
    pub exists: bool,
    /// The file system's type, as `ext4`, `nfs4` or `fuse.sshfs`.
    pub file_system: String,
    /// Where it is mounted; nothing where the system does not tell (Linux before 5.8).
    pub mount_point: Option<PathBuf>,
    /// What of the file system is mounted there, if that is not all of it: a bind mount, or a subvolume.
    pub mount_root: Option<PathBuf>,
    /// Whether another host, or a server, can write to it without this kernel noticing.
    pub shared_file_system: bool,
    /// The journal mode, as far as the header tells.
    pub journal_mode: JournalMode,
    /// The sidecars that exist (`-journal`, `-wal`, `-shm`) and their sizes in bytes.
    pub sidecars: Vec<(String, u64)>,
    /// Whether the observer thread would own its descriptors here.
    pub private_descriptor_table: bool,
    /// Each backend, usable or not, and why.
    pub backends: Vec<BackendVerdict>,
    /// What to know of the place, in sentences: a network file system, say, or a second hard link.
    pub cautions: Vec<String>,
}

/// What a header says of the journal mode: DELETE, TRUNCATE, PERSIST, MEMORY and OFF leave the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalMode {
    /// There is no file, or it has 0 bytes: the first connection decides.
    Undecided,
    /// One of the rollback modes.
    Rollback,
    /// Write-ahead log.
    Wal,
}

impl JournalMode {
    /// `undecided`, `rollback` or `wal`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Rollback => "rollback",
            Self::Wal => "wal",
        }
    }
}

/// Whether a backend works for a database, here and now.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BackendVerdict {
    /// Which backend.
    pub backend: WatcherBackend,
    /// Whether `open` would accept it.
    pub usable: bool,
    /// Why not, or what to know. Empty where there is nothing to say.
    pub reason: String,
}

/// Diagnoses a database: file, file system, journal mode, and which backends work. Like watching, it takes no lock and
/// writes nothing.
///
/// ```
/// let probe = honker_core::probe("/dev/shm/some.db")?;
/// assert!(!probe.exists);
/// assert_eq!(probe.file_system, "tmpfs");
/// # Ok::<(), honker_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`WatcherBuilder::open`](crate::WatcherBuilder::open).
pub fn probe(path: impl AsRef<Path>) -> Result<Probe> {
    let location = Location::resolve(path.as_ref())?;
    refuse_what_is_no_regular_file(&location.path)?;
    let path = location.path.clone();
    let failed =
        |error: std::io::Error| Error::system(&path, "cannot start a thread to look at", error);
    let (answer, answered) = sync_channel(1);
    let (_, unused) = bell::pair().map_err(failed)?;
    // In a descriptor table of its own, as always.
    bell::spawn("honker-probe", unused, false, move |started| {
        // The one who asked waits for the answer.
        let _ = answer.send(look(&location, started.private));
    })
    .map_err(failed)?;
    answered
        .recv()
        .unwrap_or_else(|_| Err(Error::at(&path, Reason::ObserverGone)))
}

fn look(location: &Location, private: bool) -> Result<Probe> {
    let path = &location.path;
    let file_system = mount::of_path(&location.directory)
        .map_err(|error| Error::system(path, "cannot tell the file system of", error))?;
    let file = location.join(&location.name);
    let mount = Mount::of(&file).or_else(|| Mount::of(&location.directory));
    let (exists, journal_mode) = match Files::open(&Table::new(private), &Rc::default(), location) {
        Ok(mut files) => (true, read_journal_mode(&mut files, path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (false, JournalMode::Undecided),
        Err(error) => return Err(Error::system(path, "cannot open", error)),
    };
    let sidecars = ["-journal", "-wal", "-shm"]
        .into_iter()
        .filter_map(|suffix| {
            let metadata = location.join(&location.sidecar(suffix)).metadata().ok()?;
            Some((suffix.to_owned(), metadata.len()))
        });
    Ok(Probe {
        path: path.clone(),
        real_path: file,
        exists,
        file_system: mount
            .as_ref()
            .map_or_else(|| file_system.name.to_owned(), |mount| mount.kind.clone()),
        shared_file_system: file_system.shared,
        journal_mode,
        sidecars: sidecars.collect(),
        private_descriptor_table: private,
        backends: verdicts(location, file_system, journal_mode, private),
        cautions: caution::of_place(location, file_system, mount.as_ref(), journal_mode),
        mount_point: mount.as_ref().map(|mount| mount.point.clone()),
        mount_root: mount.filter(Mount::is_partial).map(|mount| mount.root),
    })
}

fn read_journal_mode(files: &mut Files, path: &Path) -> Result<JournalMode> {
    let header = files.header().map_err(|trouble| match trouble.what {
        What::System(error) => Error::system(path, "cannot read", error),
        What::UnknownWalIndexVersion(version) => {
            Error::at(path, Reason::WalIndexVersion { version })
        }
        #[cfg(feature = "data-version")]
        What::Sqlite { message, kind } => Error::at(path, Reason::Sqlite { message, kind }),
    })?;
    match header {
        Header::Empty => Ok(JournalMode::Undecided),
        Header::Database(fields) if fields.wal => Ok(JournalMode::Wal),
        Header::Database(_) => Ok(JournalMode::Rollback),
        Header::Version { read } => Err(Error::at(path, Reason::FormatVersion { read })),
        Header::Truncated { .. } | Header::Foreign { .. } => Err(Error::at(
            path,
            Reason::NotADatabase {
                found: header.describe(),
            },
        )),
    }
}

fn verdicts(
    location: &Location,
    file_system: FileSystem,
    journal_mode: JournalMode,
    private: bool,
) -> Vec<BackendVerdict> {
    let kernel = thread::try_hints(location);
    let polling = if file_system.shared {
        "commits of other hosts are seen when the file system shows them"
    } else {
        ""
    };
    let auto = match &kernel {
        Ok(()) => "chooses kernel here",
        Err(_) => "chooses polling here",
    };
    let verdict = |backend, usable, reason: &str| BackendVerdict {
        backend,
        usable,
        reason: reason.to_owned(),
    };
    let refused = thread::try_shared(location, WatcherBackend::ShmFastPath)
        .err()
        .map(|error| error.to_string());
    let (shm, needs_wal) = match (&refused, journal_mode) {
        (Some(why), _) => (false, why.as_str()),
        (None, JournalMode::Wal) => (true, ""),
        (None, JournalMode::Rollback) => (
            false,
            "it uses a rollback journal, and only WAL mode has a wal-index",
        ),
        (None, JournalMode::Undecided) => (
            true,
            "if the database is made in WAL mode; otherwise the watcher ends",
        ),
    };
    let kernel = match kernel {
        Ok(()) => verdict(WatcherBackend::KernelWatch, true, ""),
        Err(error) => verdict(WatcherBackend::KernelWatch, false, &error.to_string()),
    };
    let data_version = if private {
        "asks SQLite itself: takes its locks, and tells no number of commits"
    } else {
        "this system grants no descriptor table of its own"
    };
    let verdicts = vec![
        verdict(WatcherBackend::Polling, true, polling),
        kernel,
        verdict(WatcherBackend::ShmFastPath, shm, needs_wal),
        verdict(WatcherBackend::DataVersion, private, data_version),
        verdict(WatcherBackend::Auto, true, auto),
    ];
    let say_what_is_not_built = |known: BackendVerdict| {
        if known.backend.is_built() {
            known
        } else {
            verdict(
                known.backend,
                false,
                "not in this build; asking for it polls",
            )
        }
    };
    verdicts.into_iter().map(say_what_is_not_built).collect()
}
