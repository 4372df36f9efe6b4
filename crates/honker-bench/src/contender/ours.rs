//! This project's backends.

use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use honker_bench_contender::{Contender, Fan, Subscription, Watcher};
use honker_core::{SharedUpdateWatcher, UpdateEvents, WatcherBackend};

/// A watcher with the backend that is asked for, or none.
#[derive(Debug)]
pub(super) struct Ours(pub(super) WatcherBackend);

impl Contender for Ours {
    fn watch(&mut self, database: &Path) -> Result<Box<dyn Watcher>, String> {
        let watcher = SharedUpdateWatcher::builder(database).backend(self.0);
        let watcher = watcher.open().map_err(|error| error.to_string())?;
        Ok(Box::new(Watched(watcher)))
    }
}

struct Watched(SharedUpdateWatcher);

impl Watcher for Watched {
    fn subscribe(&mut self) -> Result<Box<dyn Subscription>, String> {
        let events = self.0.update_events();
        Ok(Box::new(Subscribed(
            events.map_err(|error| error.to_string())?,
        )))
    }

    /// All on one thread, as an event loop has them.
    fn tasks(&mut self, subscribers: usize, fan: &Arc<Fan>) -> Result<(), String> {
        let events: Result<Vec<_>, _> = (0..subscribers).map(|_| self.0.update_events()).collect();
        let events = events.map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let fan = Arc::clone(fan);
        let thread = thread::Builder::new().name("tasks".to_owned());
        let thread = thread.spawn(move || {
            for mut events in events {
                let ran = fan.join();
                runtime.spawn(async move {
                    while poll_fn(|context| events.poll_recv(context)).await.is_ok() {
                        ran.now();
                    }
                });
            }
            runtime.block_on(std::future::pending::<()>());
        });
        thread.map(drop).map_err(|error| error.to_string())
    }

    fn looks(&self) -> Option<u64> {
        Some(self.0.stats().looks)
    }
}

struct Subscribed(UpdateEvents);

impl Subscription for Subscribed {
    fn wait(&mut self, within: Duration) -> Result<Option<u64>, String> {
        let update = self.0.recv_timeout(within);
        let update = update.map_err(|error| error.to_string())?;
        Ok(update.map(|update| update.commits))
    }
}
