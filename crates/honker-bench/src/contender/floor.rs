//! What an event costs at least: inotify wakes one thread, and that one wakes the subscriber. It looks at nothing.

use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use honker_bench_contender::{Contender, Subscription, Watcher};
use rustix::fd::OwnedFd;
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};

/// One thread for all databases, for one subscriber.
#[derive(Debug)]
pub(super) struct Floor;

impl Contender for Floor {
    fn watch(&mut self, database: &Path) -> Result<Box<dyn Watcher>, String> {
        let directory = database.parent().ok_or("no directory")?;
        let events = open(directory).map_err(|error| error.to_string())?;
        let bell = Arc::<Bell>::default();
        let rings = Arc::clone(&bell);
        let thread = thread::Builder::new().name("watcher".to_owned());
        let thread = thread.spawn(move || forward(&events, &rings));
        thread.map_err(|error| error.to_string())?;
        Ok(Box::new(Watched(bell)))
    }
}

/// Content and names of everything in the directory.
fn open(directory: &Path) -> rustix::io::Result<OwnedFd> {
    let events = inotify::init(CreateFlags::CLOEXEC)?;
    let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::DELETE;
    inotify::add_watch(&events, directory, flags)?;
    Ok(events)
}

fn forward(events: &OwnedFd, bell: &Bell) {
    let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
    let mut reader = Reader::new(events, &mut buffer);
    loop {
        // One wake for all that one read brought.
        loop {
            if reader.next().is_err() {
                return;
            }
            if reader.is_buffer_empty() {
                break;
            }
        }
        bell.ring();
    }
}

/// `unpark` is one futex call.
#[derive(Debug, Default)]
struct Bell {
    rings: AtomicU64,
    waiter: Mutex<Option<Thread>>,
}

impl Bell {
    fn ring(&self) {
        self.rings.fetch_add(1, Ordering::Release);
        let waiter = self.waiter.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiter) = waiter.as_ref() {
            waiter.unpark();
        }
    }
}

struct Watched(Arc<Bell>);

impl Watcher for Watched {
    fn subscribe(&mut self) -> Result<Box<dyn Subscription>, String> {
        Ok(Box::new(Subscribed {
            bell: Arc::clone(&self.0),
            seen: 0,
            is_known: false,
        }))
    }
}

struct Subscribed {
    bell: Arc<Bell>,
    seen: u64,
    is_known: bool,
}

impl Subscription for Subscribed {
    fn wait(&mut self, within: Duration) -> Result<Option<u64>, String> {
        if !self.is_known {
            let mut waiter = self
                .bell
                .waiter
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *waiter = Some(thread::current());
            self.is_known = true;
        }
        let deadline = Instant::now() + within;
        loop {
            let rings = self.bell.rings.load(Ordering::Acquire);
            if rings != self.seen {
                self.seen = rings;
                return Ok(Some(1));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            thread::park_timeout(left);
        }
    }
}
