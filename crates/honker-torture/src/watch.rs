//! The watcher process: one watcher, whose first subscription writes down each wake and what a read after it saw.

mod crowd;
mod log;
mod orders;
mod reader;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use honker_core::{Error, OnReplace, SharedUpdateWatcher, Update, UpdateEvents, UpdateKind};
use honker_testkit::clock::monotonic_ns;

use crate::control::Watching;
use crate::record::{Kind, Record, Statistics, Wake};
use log::Log;
use reader::Reader;

/// What the threads of a watcher process share.
#[derive(Debug)]
struct Post {
    watcher: SharedUpdateWatcher,
    log: Log,
    wakes: AtomicU64,
    replaced: AtomicU64,
    last_wake_ns: AtomicU64,
    /// The number of the last wake that was told.
    last_seq: AtomicU64,
    died: Mutex<Option<String>>,
    /// Nothing more can come.
    over: AtomicBool,
}

/// Watches as `watching` says, says `ready`, and carries out orders until it is told to finish.
///
/// # Errors
///
/// What `open` refused, or a log that cannot be written.
pub fn run(watching: &Watching) -> Result<(), Box<dyn std::error::Error>> {
    let log = Log::open(&watching.log)?;
    let on_replace = if watching.follow {
        OnReplace::Follow
    } else {
        OnReplace::Die
    };
    let watcher = SharedUpdateWatcher::builder(&watching.database)
        .backend(watching.backend.of_library())
        .on_replace(on_replace)
        .open()?;
    let reader = Reader::new(&watching.database, watching.reading);
    let post = Arc::new(Post {
        watcher,
        log,
        wakes: AtomicU64::new(0),
        replaced: AtomicU64::new(0),
        last_wake_ns: AtomicU64::new(0),
        last_seq: AtomicU64::new(0),
        died: Mutex::new(None),
        over: AtomicBool::new(false),
    });
    let others = watch_others(watching.others.as_deref(), watching)?;
    let events = post.subscribe(0)?;
    let crowd = crowd::start(&post, watching.crowd);
    println!("ready");
    io::stdout().flush()?;
    let orders = orders::start(&post, others);
    listen(&post, events, reader);
    // The order to finish comes also after a death.
    let finished = orders.join();
    let crowded = crowd.map_or(Ok(()), std::thread::JoinHandle::join);
    post.log.add(&Record::Statistics(statistics(&post.watcher)));
    post.log.flush()?;
    finished.map_err(|_| "the thread of orders panicked")?;
    crowded.map_err(|_| "the thread of the crowd panicked")?;
    println!("finished");
    Ok(())
}

/// Up to the order to finish, or the watcher's end.
fn listen(post: &Post, mut events: UpdateEvents, mut reader: Reader) {
    loop {
        let over = post.over.load(Ordering::Acquire);
        match events.recv_timeout(Duration::from_millis(20)) {
            Ok(Some(update)) => {
                let ns = monotonic_ns();
                let read = reader.read();
                post.tell(0, wake(update, ns, read));
            }
            Ok(None) if over => return post.end(0, None, true),
            Ok(None) => {}
            Err(error) => {
                let died = format!("{:?}", error.kind());
                *post.died.lock().unwrap_or_else(PoisonError::into_inner) = Some(died.clone());
                return post.end(0, Some(died), false);
            }
        }
    }
}

impl Post {
    /// Subscribes, and writes that down.
    fn subscribe(&self, sub: u64) -> Result<UpdateEvents, Error> {
        let before_ns = monotonic_ns();
        let events = self.watcher.update_events()?;
        let after_ns = monotonic_ns();
        self.log.add(&Record::Began {
            sub,
            before_ns,
            after_ns,
        });
        Ok(events)
    }

    fn tell(&self, sub: u64, wake: Wake) {
        self.log.add(&Record::Wake { sub, wake });
        if sub == 0 {
            self.wakes.fetch_add(1, Ordering::Relaxed);
            let replaced = u64::from(wake.kind == Kind::Replaced);
            self.replaced.fetch_add(replaced, Ordering::Relaxed);
            self.last_wake_ns.store(wake.ns, Ordering::Relaxed);
            self.last_seq.store(wake.seq, Ordering::Release);
        }
    }

    fn end(&self, sub: u64, died: Option<String>, settled: bool) {
        self.log.add(&Record::Ended {
            sub,
            ns: monotonic_ns(),
            died,
            settled,
        });
    }

    fn died(&self) -> Option<String> {
        let died = self.died.lock().unwrap_or_else(PoisonError::into_inner);
        died.clone()
    }
}

fn wake(update: Update, ns: u64, read: Option<u64>) -> Wake {
    Wake {
        ns,
        seq: update.seq,
        commits: update.commits,
        exact: update.exact,
        kind: match update.kind {
            UpdateKind::Replaced => Kind::Replaced,
            UpdateKind::Idle => Kind::Idle,
            _ => Kind::Commit,
        },
        read,
        done_ns: monotonic_ns(),
    }
}

/// A watcher and a subscription of each database in that directory.
fn watch_others(
    directory: Option<&Path>,
    watching: &Watching,
) -> Result<Vec<UpdateEvents>, Box<dyn std::error::Error>> {
    let Some(directory) = directory else {
        return Ok(Vec::new());
    };
    let entries: Result<Vec<_>, _> = fs::read_dir(directory)?.collect();
    let mut paths: Vec<_> = entries?.iter().map(fs::DirEntry::path).collect();
    paths.retain(|path| path.extension().is_some_and(|name| name == "db"));
    paths.sort_unstable();
    let watch = |path| -> Result<UpdateEvents, Box<dyn std::error::Error>> {
        let watcher = SharedUpdateWatcher::builder(path)
            .backend(watching.backend.of_library())
            .open()?;
        Ok(watcher.update_events()?)
    };
    paths.iter().map(watch).collect()
}

fn statistics(watcher: &SharedUpdateWatcher) -> Statistics {
    let stats = watcher.stats();
    let conservative = stats.conservative.iter();
    Statistics {
        requested: stats.requested.to_string(),
        effective: stats.effective.to_string(),
        fallback: stats.fallback,
        looks: stats.looks,
        wakes: stats.wakes,
        commits: stats.commits,
        conservative: conservative
            .map(|(reason, count)| (reason.name().to_owned(), *count))
            .collect(),
        replacements: stats.replacements,
        overflows: stats.overflows,
        storms: stats.storms,
        sweeps_found: stats.sweeps_found,
    }
}
