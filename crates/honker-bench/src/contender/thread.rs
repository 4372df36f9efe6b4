//! A watcher that is a thread: it calls a function with some pause, and wakes its subscribers over channels.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use honker_bench_contender::{Subscription, Watcher};

/// Those that are woken.
#[derive(Clone, Debug, Default)]
pub(super) struct Subscribers(Arc<Mutex<Vec<Sender<()>>>>);

impl Subscribers {
    pub(super) fn wake(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|subscriber| subscriber.send(()).is_ok());
    }

    pub(super) fn add(&self) -> Box<dyn Subscription> {
        let (sender, wakes) = mpsc::channel();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(sender);
        Box::new(Channel(wakes))
    }
}

struct Channel(Receiver<()>);

impl Subscription for Channel {
    fn wait(&mut self, within: Duration) -> Result<Option<u64>, String> {
        match self.0.recv_timeout(within) {
            Ok(()) => Ok(Some(1)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err("the watcher ended".to_owned()),
        }
    }
}

/// Its thread ends soon after it is dropped.
#[derive(Debug)]
pub(super) struct Looping {
    subscribers: Subscribers,
    is_over: Arc<AtomicBool>,
}

impl Looping {
    /// Sleeps for `pause`, calls `look`, and wakes if that says so, again and again. `look` has been called once before
    /// this returns.
    pub(super) fn start(
        pause: Duration,
        mut look: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Box<dyn Watcher>, String> {
        look();
        let (subscribers, is_over) = (Subscribers::default(), Arc::<AtomicBool>::default());
        let (wake, ends) = (subscribers.clone(), Arc::clone(&is_over));
        let thread = thread::Builder::new().name("watcher".to_owned());
        let thread = thread.stack_size(256 * 1024).spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                thread::sleep(pause);
                if look() {
                    wake.wake();
                }
            }
        });
        thread.map_err(|error| error.to_string())?;
        Ok(Box::new(Self {
            subscribers,
            is_over,
        }))
    }
}

impl Watcher for Looping {
    fn subscribe(&mut self) -> Result<Box<dyn Subscription>, String> {
        Ok(self.subscribers.add())
    }
}

impl Drop for Looping {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}
