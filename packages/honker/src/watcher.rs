//! One watched database.

use crate::error::{raise, raise_end};
use crate::seconds::duration;
use crate::stats::Stats;
use crate::subscription::Subscription;
use honker_core::{OnReplace, Position, SharedUpdateWatcher, WatcherBackend};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// The backends of this package. Not `data-version`, which would bring a second SQLite into the process.
const BACKENDS: [WatcherBackend; 4] = [
    WatcherBackend::Polling,
    WatcherBackend::KernelWatch,
    WatcherBackend::ShmFastPath,
    WatcherBackend::Auto,
];

fn backend_named(name: &str) -> PyResult<WatcherBackend> {
    let found = BACKENDS.into_iter().find(|backend| backend.name() == name);
    found.ok_or_else(|| {
        let names = BACKENDS.map(WatcherBackend::name).join(", ");
        PyValueError::new_err(format!(
            "unknown watcher_backend {name:?}. Valid names: {names}, or None for polling"
        ))
    })
}

/// A watcher, as `honker.Database` has one.
#[pyclass(frozen, module = "honker._honker")]
pub(crate) struct Watcher {
    watcher: SharedUpdateWatcher,
    closed: AtomicBool,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // Closing waits for the observer thread, which the GIL has nothing to do with. Subscriptions keep it open.
        if self.watcher.stats().subscribers == 0 {
            let _ = Python::try_attach(|py| py.detach(|| self.watcher.close()));
        }
    }
}

#[pymethods]
impl Watcher {
    #[new]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        backend: &str,
        poll_interval: f64,
        must_exist: bool,
        on_replace: &str,
    ) -> PyResult<Self> {
        let backend = backend_named(backend)?;
        let on_replace = match on_replace {
            "die" => OnReplace::Die,
            "follow" => OnReplace::Follow,
            other => {
                return Err(PyValueError::new_err(format!(
                    "unknown on_replace {other:?}. Valid names: die, follow"
                )));
            }
        };
        let builder = SharedUpdateWatcher::builder(path)
            .backend(backend)
            .poll_interval(duration("poll_interval", poll_interval)?)
            .must_exist(must_exist)
            .on_replace(on_replace);
        let watcher = py
            .detach(|| builder.open())
            .map_err(|error| raise(&error))?;
        Ok(Self {
            watcher,
            closed: AtomicBool::new(false),
        })
    }

    fn subscribe(
        &self,
        py: Python<'_>,
        since: Option<&str>,
        min_interval: Option<f64>,
        idle_poll: Option<f64>,
    ) -> PyResult<Subscription> {
        let mut settings = self.watcher.subscribe();
        if let Some(since) = since {
            let position: Position = since.parse().map_err(|error| raise(&error))?;
            settings = settings.since(&position);
        }
        if let Some(seconds) = min_interval {
            settings = settings.min_interval(duration("min_interval", seconds)?);
        }
        if let Some(seconds) = idle_poll {
            settings = settings.idle_poll(duration("idle_poll_s", seconds)?);
        }
        let events = py
            .detach(|| settings.start())
            .map_err(|error| raise_end(py, &error))?;
        Ok(Subscription::new(events))
    }

    fn position(&self, py: Python<'_>) -> PyResult<String> {
        let position = py.detach(|| self.watcher.position());
        Ok(position.map_err(|error| raise_end(py, &error))?.to_string())
    }

    fn close(&self, py: Python<'_>) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            py.detach(|| self.watcher.close());
        }
    }

    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    #[getter]
    fn backend(&self) -> &'static str {
        self.watcher.backend().name()
    }

    #[getter]
    fn path(&self) -> OsString {
        self.watcher.path().as_os_str().to_owned()
    }

    fn stats(&self) -> Stats {
        self.watcher.stats().into()
    }
}
