//! Opening and closing a watcher.

use crate::backend::WatcherBackend;
use crate::error::{Error, Reason, Result};
use crate::location::Location;
use crate::position::Position;
use crate::replace::OnReplace;
use crate::shared::Shared;
use crate::stats::Stats;
use crate::subscribe::SubscriptionBuilder;
use crate::subscription::UpdateEvents;
use crate::thread::mailbox::{Beginning, Purpose, Settings};
use crate::thread::registry::{self, Line};
use std::fs::FileType;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Each look costs a wake-up of the thread, some 20 µs of CPU time.
const LEAST_POLL_INTERVAL: Duration = Duration::from_micros(100);
/// Somebody who wants to hear once a minute polls their tables.
pub(crate) const MOST_POLL_INTERVAL: Duration = Duration::from_mins(1);

/// How to watch: the one setting of [`SharedUpdateWatcher::new_with_config`]. There are more in
/// [`SharedUpdateWatcher::builder`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the specification writes it as a literal
pub struct WatcherConfig {
    /// Where wakes come from.
    pub backend: WatcherBackend,
}

/// Watches one SQLite database and wakes subscribers on every commit, whoever makes it.
///
/// A clone is the same watcher. It ends when the last clone and the last subscription are dropped, or with
/// [`close`](Self::close).
///
/// Watching takes no lock, writes nothing and opens no connection; see the [crate docs](crate).
///
/// ```no_run
/// use honker_core::SharedUpdateWatcher;
///
/// let watcher = SharedUpdateWatcher::new("app.db")?;
/// let mut events = watcher.update_events()?;
/// loop {
///     let update = events.recv()?;
///     println!("{} commit(s): read what you need again", update.commits);
/// }
/// # #[allow(unreachable_code)]
/// # Ok::<(), honker_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SharedUpdateWatcher {
    core: Arc<Core>,
}

/// Keeps the observer thread watching until it is dropped.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) shared: Arc<Shared>,
    line: Arc<Line>,
    closed: AtomicBool,
}

impl Core {
    /// Looks at the database: everything from here on is news.
    pub(crate) fn look(&self, purpose: Purpose) -> Result<Beginning> {
        self.shared.refuse_in_a_child()?;
        if self.closed.load(Ordering::SeqCst) {
            let closed = || Error::at(&self.shared.location.path, Reason::Closed);
            return Err(self.shared.wake.ended().unwrap_or_else(closed));
        }
        self.line.look(&self.shared, purpose)
    }

    fn close(&self) {
        if !self.shared.is_a_parents() && !self.closed.swap(true, Ordering::SeqCst) {
            registry::close(&self.line, &self.shared);
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if self.shared.is_a_parents() {
            // What another thread was changing at the fork is half changed here for ever: not even to be dropped.
            std::mem::forget((Arc::clone(&self.shared), Arc::clone(&self.line)));
        }
        self.close();
    }
}

/// Settings of a [`SharedUpdateWatcher`], from [`SharedUpdateWatcher::builder`].
///
/// ```no_run
/// use honker_core::{SharedUpdateWatcher, WatcherBackend};
/// use std::time::Duration;
///
/// let watcher = SharedUpdateWatcher::builder("app.db")
///     .backend(WatcherBackend::Polling)
///     .poll_interval(Duration::from_millis(5))
///     .must_exist(true)
///     .open()?;
/// # Ok::<(), honker_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `open` is called"]
pub struct WatcherBuilder {
    path: PathBuf,
    backend: WatcherBackend,
    poll_interval: Duration,
    must_exist: bool,
    on_replace: OnReplace,
}

impl WatcherBuilder {
    /// Where wakes come from. [`WatcherBackend::Polling`] if not set.
    pub fn backend(mut self, backend: WatcherBackend) -> Self {
        self.backend = backend;
        self
    }

    /// How often the polling and data-version backends look: 1 ms if not set, from 100 µs to a minute. Databases with the
    /// same interval share their ticks.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Whether a missing file is an error. If not set, it is watched until its first commit.
    pub fn must_exist(mut self, must_exist: bool) -> Self {
        self.must_exist = must_exist;
        self
    }

    /// What to do when the file is replaced. [`OnReplace::Die`] if not set.
    pub fn on_replace(mut self, on_replace: OnReplace) -> Self {
        self.on_replace = on_replace;
        self
    }

    /// Starts watching. Returns once the starting state is recorded: a commit before that never wakes, one after it
    /// always does.
    ///
    /// # Errors
    ///
    /// The path names no database ([`ErrorKind`](crate::ErrorKind) says why), a setting is out of range, or the
    /// backend cannot work here. Nothing is created or changed in any case.
    pub fn open(self) -> Result<SharedUpdateWatcher> {
        let (least, most) = (LEAST_POLL_INTERVAL, MOST_POLL_INTERVAL);
        if !(least..=most).contains(&self.poll_interval) {
            return Err(Error::at(&self.path, Reason::PollInterval { least, most }));
        }
        let location = Location::resolve(&self.path)?;
        refuse_what_is_no_regular_file(&location.path)?;
        say_what_is_not_built(self.backend);
        let shared = Arc::new(Shared::new(location, self.backend));
        shared.delivery.start_if_wanted();
        let settings = Settings {
            poll_interval: self.poll_interval,
            must_exist: self.must_exist,
            on_replace: self.on_replace,
        };
        let line = registry::open(&shared, settings)?;
        Ok(SharedUpdateWatcher {
            core: Arc::new(Core {
                shared,
                line,
                closed: AtomicBool::new(false),
            }),
        })
    }
}

impl SharedUpdateWatcher {
    /// Watches with the default backend, polling each millisecond.
    ///
    /// A missing file in a directory that exists is watched until its first commit. Nothing is ever created.
    ///
    /// # Errors
    ///
    /// See [`WatcherBuilder::open`].
    pub fn new(path: impl Into<PathBuf>) -> Result<Self> {
        Self::builder(path).open()
    }

    /// Watches with the backend of `config`.
    ///
    /// # Errors
    ///
    /// See [`WatcherBuilder::open`].
    pub fn new_with_config(path: impl Into<PathBuf>, config: WatcherConfig) -> Result<Self> {
        Self::builder(path).backend(config.backend).open()
    }

    /// All settings.
    pub fn builder(path: impl Into<PathBuf>) -> WatcherBuilder {
        WatcherBuilder {
            path: path.into(),
            backend: WatcherBackend::default(),
            poll_interval: Duration::from_millis(1),
            must_exist: false,
            on_replace: OnReplace::default(),
        }
    }

    /// Subscribes. Returns once the starting state is recorded, which takes microseconds: a commit before that never
    /// wakes this subscription, unless it was still under way, and one after it always does.
    ///
    /// To lose nothing, subscribe first and then read the state you depend on.
    ///
    /// # Errors
    ///
    /// What ended the watcher, if it has ended: it was closed, or the database was replaced.
    pub fn update_events(&self) -> Result<UpdateEvents> {
        self.subscribe().start()
    }

    /// Subscribes, and wakes at once if anything may have been committed since that position.
    ///
    /// # Errors
    ///
    /// As for [`update_events`](Self::update_events).
    pub fn update_events_since(&self, position: &Position) -> Result<UpdateEvents> {
        self.subscribe().since(position).start()
    }

    /// All settings of a subscription.
    pub fn subscribe(&self) -> SubscriptionBuilder {
        SubscriptionBuilder::new(Arc::clone(&self.core))
    }

    /// What has been seen up to now, to subscribe from there later. Looks at the database first, which takes
    /// microseconds.
    ///
    /// Take it *before* you read: then the two together miss nothing.
    ///
    /// # Errors
    ///
    /// What ended the watcher, if it has ended.
    pub fn position(&self) -> Result<Position> {
        let standing = self.core.look(Purpose::Position)?.standing;
        Ok(Position { standing })
    }

    /// What has been done so far. In a child made by `fork`: what had been done by then.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.shared.stats()
    }

    /// The database's path, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.core.shared.location.path
    }

    /// The backend that runs, which `auto` and a fall-back decide. In a child made by `fork` it may be the requested one
    /// instead.
    #[must_use]
    pub fn backend(&self) -> WatcherBackend {
        self.core.shared.effective()
    }

    /// Ends the watcher and every subscription, with [`ErrorKind::Closed`](crate::ErrorKind::Closed). Does nothing the
    /// second time, and nothing in a child made by `fork`, whose parent goes on watching.
    pub fn close(&self) {
        self.core.close();
    }
}

/// Before the observer thread opens it: a FIFO or a device may react to being opened.
pub(crate) fn refuse_what_is_no_regular_file(path: &Path) -> Result<()> {
    let Ok(metadata) = std::fs::metadata(path) else {
        // Missing, or not to be reached: the observer thread says which.
        return Ok(());
    };
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(Error::at(path, Reason::IsDirectory));
    }
    match what_else(kind) {
        Some(found) => Err(Error::at(path, Reason::NotRegularFile { found })),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn what_else(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        Some("a FIFO")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("a device")
    } else {
        None
    }
}

#[cfg(windows)]
fn what_else(kind: FileType) -> Option<&'static str> {
    (!kind.is_file()).then_some("a device")
}

/// The specification: a backend that is not built in falls back to polling, and says so once on stderr.
fn say_what_is_not_built(backend: WatcherBackend) {
    // Not `Once`: a child made by `fork` would wait for a thread that does not exist there.
    static KERNEL: AtomicBool = AtomicBool::new(false);
    static SHM: AtomicBool = AtomicBool::new(false);
    static DATA_VERSION: AtomicBool = AtomicBool::new(false);
    if backend.is_built() {
        return;
    }
    let said = match backend {
        WatcherBackend::ShmFastPath => &SHM,
        WatcherBackend::DataVersion => &DATA_VERSION,
        _ => &KERNEL,
    };
    if !said.swap(true, Ordering::Relaxed) {
        // Not `eprintln!`: it panics where standard error is closed, and waits for the lock that a fork may leave locked.
        let line = format!("honker: {}; polling instead\n", backend.why_not_built());
        #[cfg(unix)]
        let _ = rustix::io::write(rustix::stdio::stderr(), line.as_bytes());
        #[cfg(windows)]
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    }
}
