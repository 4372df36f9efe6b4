//! `honker-bench-published polling|kernel|shm`: the published crate's watcher, driven by the bench.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use honker_bench_contender::{Contender, Subscription, Watcher, serve};
use honker_core::{SharedUpdateWatcher, WatcherBackend, WatcherConfig};

#[path = "../../../crates/honker-bench/src/contender/reader.rs"]
mod reader;

fn main() -> ExitCode {
    let backend = match std::env::args().nth(1).as_deref() {
        Some("polling") => WatcherBackend::Polling,
        Some("kernel") => WatcherBackend::KernelWatch,
        Some("shm") => WatcherBackend::ShmFastPath,
        _ => {
            eprintln!("usage: honker-bench-published polling|kernel|shm");
            return ExitCode::from(2);
        }
    };
    match serve(&mut Published(backend), reader::highest_id) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("honker-bench-published: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Published(WatcherBackend);

impl Contender for Published {
    fn watch(&mut self, database: &Path) -> Result<Box<dyn Watcher>, String> {
        let config = WatcherConfig::with_backend(self.0.clone());
        let watcher = SharedUpdateWatcher::new_with_config(database.to_owned(), config);
        Ok(Box::new(Watched(Arc::new(watcher))))
    }
}

struct Watched(Arc<SharedUpdateWatcher>);

impl Watcher for Watched {
    fn subscribe(&mut self) -> Result<Box<dyn Subscription>, String> {
        let (_, wakes) = self.0.subscribe();
        let watcher = Arc::clone(&self.0);
        Ok(Box::new(Subscribed {
            _watcher: watcher,
            wakes,
        }))
    }
}

struct Subscribed {
    _watcher: Arc<SharedUpdateWatcher>,
    wakes: Receiver<()>,
}

impl Subscription for Subscribed {
    fn wait(&mut self, within: Duration) -> Result<Option<u64>, String> {
        match self.wakes.recv_timeout(within) {
            Ok(()) => Ok(Some(1)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err("the watcher died".to_owned()),
        }
    }
}
