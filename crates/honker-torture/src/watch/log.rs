//! Where a watcher process writes down what it is told.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::record::Record;

/// A log, written to by all threads.
#[derive(Debug)]
pub(super) struct Log(Mutex<BufWriter<File>>);

impl Log {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self(Mutex::new(BufWriter::new(file))))
    }

    /// # Panics
    /// If it cannot be written: nothing could be proven then.
    pub(super) fn add(&self, record: &Record) {
        let mut line = serde_json::to_string(record).expect("a record is JSON");
        line.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
            .expect("the log can be written");
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .flush()
    }
}
