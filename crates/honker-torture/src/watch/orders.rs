//! What a watcher process is told to do.

use std::fs;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use honker_core::{ErrorKind, UpdateEvents};
use honker_testkit::{fork, wait_until};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::Post;
use crate::control::{Order, State};

/// Starts the thread that carries out orders. It ends with the order to finish, or without a round to give it.
pub(super) fn start(post: &Arc<Post>, others: Vec<UpdateEvents>) -> JoinHandle<()> {
    let post = Arc::clone(post);
    std::thread::spawn(move || {
        serve(&post, others);
        post.over.store(true, Ordering::Release);
    })
}

fn serve(post: &Post, mut others: Vec<UpdateEvents>) {
    let mut wakes = vec![0; others.len()];
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let order = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let mut problem = None;
        match order {
            Order::State {} => {}
            Order::Descriptors { used_up } => problem = limit_descriptors(used_up).err(),
            Order::InotifyWatches { used_up } => problem = limit_watches(used_up).err(),
            Order::Fork { children } => problem = fork_children(post, children).err(),
            Order::Finish {
                last_began_ns,
                within_ms,
            } => return settle(post, last_began_ns, Duration::from_millis(within_ms)),
        }
        for (events, wakes) in others.iter_mut().zip(&mut wakes) {
            if let Ok(Some(_)) = events.try_recv() {
                *wakes += 1;
            }
        }
        let stats = post.watcher.stats();
        let state = State {
            wakes: post.wakes.load(Ordering::Relaxed),
            replaced: post.replaced.load(Ordering::Relaxed),
            died: post.died(),
            looks: stats.looks,
            busy_looks: stats.busy_looks,
            fell_back: stats.fallback.is_some(),
            overflows: stats.overflows,
            problem,
            others: wakes.clone(),
        };
        println!(
            "{}",
            serde_json::to_string(&state).expect("a state is JSON")
        );
        let _ = io::stdout().flush();
    }
}

/// No descriptor has a number below zero, so that every `open` and `pipe` of every table is refused.
fn limit_descriptors(used_up: bool) -> Result<(), String> {
    let refuse = |error: nix::Error| error.to_string();
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(refuse)?;
    let soft = if used_up { 0 } else { hard };
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).map_err(refuse)
}

/// In its own user namespace: in the machine's it is refused.
fn limit_watches(used_up: bool) -> Result<(), String> {
    let refuse = |error: io::Error| error.to_string();
    let users = fs::read_to_string("/proc/self/uid_map").map_err(refuse)?;
    // All users are mapped to themselves.
    if users.contains("4294967295") {
        return Err("these limits are the machine's".into());
    }
    let limit = if used_up { 0 } else { i32::MAX };
    fs::write("/proc/sys/user/max_inotify_watches", limit.to_string()).map_err(refuse)
}

fn fork_children(post: &Post, children: u32) -> Result<(), String> {
    let child = |_| {
        fork(|_| match post.watcher.update_events() {
            Err(error) if error.kind() == ErrorKind::Forked => Ok(()),
            other => Err(format!("an inherited watcher gave {other:?}")),
        })
    };
    let children: Vec<_> = (0..children).map(child).collect();
    let ended = children
        .into_iter()
        .map(|child| child.finish(honker_testkit::LONG));
    ended.collect()
}

/// A look at a journal that may not be read says nothing, and for 100 ms it may yet be readable.
const SILENCE: Duration = Duration::from_millis(300);

/// Waits until everything that was committed has been told: the last commit's wake has come, and for a while looks after it
/// found a quiet database. Without that wake, until the time is over.
fn settle(post: &Post, last_began_ns: u64, within: Duration) {
    let told = |post: &Post| post.last_wake_ns.load(Ordering::Relaxed) >= last_began_ns;
    let _ = wait_until(within, || told(post) || post.died().is_some());
    let (mut from, mut since) = (post.watcher.stats(), Instant::now());
    let _ = wait_until(within, || {
        let now = post.watcher.stats();
        if now.busy_looks > from.busy_looks || now.wakes > from.wakes {
            (from, since) = (now, Instant::now());
            return false;
        }
        let is_quiet = now.looks >= from.looks + 3 && since.elapsed() >= SILENCE;
        post.died().is_some() || is_quiet
    });
}
