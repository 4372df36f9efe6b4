//! The usual library for file events, with one look an event.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use honker_bench_contender::{Contender, Subscription, Watcher};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::data_version::Version;
use super::thread::Subscribers;

/// One watcher of the library for all databases, which watches their directories.
#[derive(Default)]
pub(super) struct LookAnEvent {
    databases: Databases,
    watcher: Option<Arc<Mutex<RecommendedWatcher>>>,
    directories: Vec<PathBuf>,
}

type Databases = Arc<Mutex<BTreeMap<PathBuf, Database>>>;

struct Database {
    version: Version,
    subscribers: Subscribers,
}

impl Contender for LookAnEvent {
    fn watch(&mut self, database: &Path) -> Result<Box<dyn Watcher>, String> {
        let watcher = self.watcher().map_err(|error| error.to_string())?;
        let directory = database.parent().ok_or("no directory")?;
        if !self.directories.iter().any(|known| known == directory) {
            let mut watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
            let watched = watcher.watch(directory, RecursiveMode::NonRecursive);
            watched.map_err(|error| error.to_string())?;
            self.directories.push(directory.to_owned());
        }
        let subscribers = Subscribers::default();
        let version = Version::open(database).map_err(|error| error.to_string())?;
        let known = Database {
            version,
            subscribers: subscribers.clone(),
        };
        let mut databases = self
            .databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        databases.insert(database.to_owned(), known);
        Ok(Box::new(Watched {
            subscribers,
            _watcher: watcher,
        }))
    }
}

impl LookAnEvent {
    fn watcher(&mut self) -> notify::Result<Arc<Mutex<RecommendedWatcher>>> {
        if let Some(watcher) = &self.watcher {
            return Ok(Arc::clone(watcher));
        }
        let databases = Arc::clone(&self.databases);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Opening and reading change nothing, and its own looks read.
            if let Ok(event) = event
                && !event.kind.is_access()
            {
                look(&databases, &event.paths);
            }
        })?;
        let watcher = Arc::new(Mutex::new(watcher));
        self.watcher = Some(Arc::clone(&watcher));
        Ok(watcher)
    }
}

/// Looks at the databases that these files belong to.
fn look(databases: &Databases, paths: &[PathBuf]) {
    let mut databases = databases.lock().unwrap_or_else(PoisonError::into_inner);
    for path in paths {
        if let Some(database) = databases.get_mut(&database_of(path))
            && database.version.has_moved()
        {
            database.subscribers.wake();
        }
    }
}

fn database_of(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    let stem = ["-wal", "-shm", "-journal"]
        .iter()
        .find_map(|suffix| text.strip_suffix(suffix));
    stem.map_or_else(|| path.to_owned(), PathBuf::from)
}

struct Watched {
    subscribers: Subscribers,
    _watcher: Arc<Mutex<RecommendedWatcher>>,
}

impl Watcher for Watched {
    fn subscribe(&mut self) -> Result<Box<dyn Subscription>, String> {
        Ok(self.subscribers.add())
    }
}
