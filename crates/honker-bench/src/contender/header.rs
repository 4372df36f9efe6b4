//! The change counter in the file's header, each millisecond: sees no commit in WAL.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use honker_bench_contender::{Contender, Watcher};

use super::thread::Looping;

/// A descriptor and a thread a database.
#[derive(Debug)]
pub(super) struct EachMillisecond;

impl Contender for EachMillisecond {
    fn watch(&mut self, database: &Path) -> Result<Box<dyn Watcher>, String> {
        let file = File::open(database).map_err(|error| error.to_string())?;
        let mut last = [0; 100];
        Looping::start(Duration::from_millis(1), move || {
            let mut now = [0; 100];
            let has_moved = file.read_exact_at(&mut now, 0).is_ok() && now != last;
            if has_moved {
                last = now;
            }
            has_moved
        })
    }
}
