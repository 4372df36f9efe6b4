//! The process in which the bench runs one contender. Not published.
//!
//! Each contender has a process of its own and of this shape, so that what is measured of the process (processor time,
//! wake-ups, threads, descriptors, memory) is that of the way to watch, and the same clock is read at the same point:
//! the first thing that a subscriber does once it runs. The bench sends a command a line, as JSON, on standard input, and gets
//! one answer each: see [`protocol`]. A contender implements [`Contender`] and calls [`serve`].
//!
//! It links no SQLite: the crate that was published is measured in a workspace of its own, with its own copy.

pub mod protocol;

mod fan;
mod record;
mod serve;
mod usage;

pub use fan::{Fan, Ran};
pub use serve::serve;
pub use usage::{clock_ns, raise_descriptor_limit};

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A way to watch databases.
pub trait Contender {
    /// Watches one. What is committed once this has returned, wakes.
    ///
    /// # Errors
    ///
    /// Why it cannot be watched in this way.
    fn watch(&mut self, database: &Path) -> Result<Box<dyn Watcher>, String>;
}

/// A database that is watched, until this is dropped.
pub trait Watcher {
    /// One more that is woken.
    ///
    /// # Errors
    ///
    /// Why that is refused.
    fn subscribe(&mut self) -> Result<Box<dyn Subscription>, String>;

    /// Very many that are woken as async tasks, and tell `fan`.
    ///
    /// # Errors
    ///
    /// The contender has nothing of the kind.
    fn tasks(&mut self, _subscribers: usize, _fan: &Arc<Fan>) -> Result<(), String> {
        Err("it wakes threads only".to_owned())
    }

    /// Looks at the database so far, if they are counted.
    fn looks(&self) -> Option<u64> {
        None
    }
}

/// What one subscriber waits on.
pub trait Subscription: Send {
    /// Waits for a wake: the number of commits that it tells, 1 where it tells none. `None`: there was none in time.
    ///
    /// # Errors
    ///
    /// What ended the watcher.
    fn wait(&mut self, within: Duration) -> Result<Option<u64>, String>;
}

/// Reads what an application would after a wake: here the highest id. Each subscriber has one.
pub type Reader = Box<dyn FnMut() -> i64 + Send>;

/// Makes a [`Reader`] for a database.
pub type MakeReader = fn(&Path) -> Reader;
