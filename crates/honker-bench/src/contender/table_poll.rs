//! What most queues on SQLite do: ask the table, ten times a second.

use std::path::Path;
use std::time::Duration;

use honker_bench_contender::{Contender, Watcher};

use super::reader;
use super::thread::Looping;

/// A connection and a thread a database.
#[derive(Debug)]
pub(super) struct EachTenth;

impl Contender for EachTenth {
    fn watch(&mut self, database: &Path) -> Result<Box<dyn Watcher>, String> {
        let mut highest_id = reader::highest_id(database);
        let mut last = None;
        Looping::start(Duration::from_millis(100), move || {
            let now = highest_id();
            last.replace(now) != Some(now)
        })
    }
}
