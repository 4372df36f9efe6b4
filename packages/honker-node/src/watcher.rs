//! One watched database.

use crate::bell::Bell;
use crate::error::{Result, closed, ended, invalid, refused};
use crate::number::milliseconds;
use crate::stats::Stats;
use crate::subscription::{Subscription, Subscriptions};
use honker_core::{OnReplace, Position, SharedUpdateWatcher, WatcherBackend};
use napi_derive::napi;
use std::cell::RefCell;
use std::path::PathBuf;

/// The backends of this package. Not `data-version`, which would bring a second SQLite into the process.
const BACKENDS: [WatcherBackend; 4] = [
    WatcherBackend::Polling,
    WatcherBackend::KernelWatch,
    WatcherBackend::ShmFastPath,
    WatcherBackend::Auto,
];

/// How to watch.
#[napi(object, object_to_js = false)]
pub struct Settings {
    pub backend: String,
    /// In milliseconds.
    pub poll_interval: f64,
    pub must_exist: bool,
    pub on_replace: String,
}

/// What is wanted of a subscription.
#[napi(object, object_to_js = false)]
pub struct Wanted {
    pub since: Option<String>,
    /// In milliseconds.
    pub min_interval: Option<f64>,
    /// In milliseconds.
    pub idle_poll: Option<f64>,
}

fn backend_named(name: &str) -> Result<WatcherBackend> {
    let found = BACKENDS.into_iter().find(|backend| backend.name() == name);
    found.ok_or_else(|| {
        let names = BACKENDS.map(WatcherBackend::name).join(", ");
        invalid(format!(
            "unknown watcherBackend {name:?}. Valid names: {names}, or undefined for polling"
        ))
    })
}

/// A watcher, as `Database` has one.
#[napi]
pub struct Watcher {
    state: RefCell<State>,
    subscriptions: Subscriptions,
    path: String,
}

enum State {
    Open(SharedUpdateWatcher),
    /// What was done until then. Nothing else is kept: JavaScript's collector may take its time.
    Closed(honker_core::Stats),
}

impl Watcher {
    /// The watcher, until it is closed.
    fn open(&self) -> Result<SharedUpdateWatcher> {
        match &*self.state.borrow() {
            State::Open(watcher) => Ok(watcher.clone()),
            State::Closed(_) => Err(closed()),
        }
    }
}

#[napi]
impl Watcher {
    /// `path` in bytes: not every file's name is a text.
    #[napi(constructor)]
    pub fn new(path: &[u8], settings: Settings) -> Result<Self> {
        let backend = backend_named(&settings.backend)?;
        let on_replace = match settings.on_replace.as_str() {
            "die" => OnReplace::Die,
            "follow" => OnReplace::Follow,
            other => {
                return Err(invalid(format!(
                    "unknown onReplace {other:?}. Valid names: die, follow"
                )));
            }
        };
        let watcher = SharedUpdateWatcher::builder(path_of(path)?)
            .backend(backend)
            .poll_interval(milliseconds(settings.poll_interval)?)
            .must_exist(settings.must_exist)
            .on_replace(on_replace)
            .open()
            .map_err(|error| refused(&error))?;
        Ok(Self {
            path: watcher.path().to_string_lossy().into_owned(),
            state: RefCell::new(State::Open(watcher)),
            subscriptions: Subscriptions::default(),
        })
    }

    /// Subscribes. `bell` is rung with `number`.
    #[napi]
    pub fn subscribe(&self, bell: &Bell, number: u32, wanted: Wanted) -> Result<Subscription> {
        let mut settings = self.open()?.subscribe();
        if let Some(since) = wanted.since {
            let position: Position = since.parse().map_err(|error| refused(&error))?;
            settings = settings.since(&position);
        }
        if let Some(interval) = wanted.min_interval {
            settings = settings.min_interval(milliseconds(interval)?);
        }
        if let Some(wait) = wanted.idle_poll {
            settings = settings.idle_poll(milliseconds(wait)?);
        }
        let events = settings.start().map_err(|error| ended(&error))?;
        Ok(self.subscriptions.add(events, bell, number))
    }

    /// What has been seen up to now.
    #[napi]
    pub fn position(&self) -> Result<String> {
        let position = self.open()?.position().map_err(|error| ended(&error))?;
        Ok(position.to_string())
    }

    /// Ends every subscription. Does nothing the second time.
    #[napi]
    pub fn close(&self) {
        let Ok(watcher) = self.open() else { return };
        watcher.close();
        self.subscriptions.release();
        let mut stats = watcher.stats();
        // Those that still wait let go once they have heard of it.
        stats.subscribers = 0;
        *self.state.borrow_mut() = State::Closed(stats);
    }

    /// Whether `close` was called.
    #[napi(getter)]
    pub fn closed(&self) -> bool {
        self.open().is_err()
    }

    /// The backend that runs.
    #[napi(getter)]
    pub fn backend(&self) -> &'static str {
        match &*self.state.borrow() {
            State::Open(watcher) => watcher.backend().name(),
            State::Closed(stats) => stats.effective.name(),
        }
    }

    /// The database's path, absolute.
    #[napi(getter)]
    pub fn path(&self) -> String {
        self.path.clone()
    }

    /// What has been done so far.
    #[napi]
    pub fn stats(&self) -> Stats {
        match &*self.state.borrow() {
            State::Open(watcher) => watcher.stats().into(),
            State::Closed(stats) => stats.clone().into(),
        }
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a path has to be text")]
fn path_of(bytes: &[u8]) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::OsStr::from_bytes(bytes).into())
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Result<PathBuf> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => Err(invalid("the path is not UTF-8".to_owned())),
    }
}
