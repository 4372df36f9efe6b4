//! Many subscriptions that come, go and dawdle.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use fastrand::Rng;
use honker_core::UpdateEvents;
use honker_testkit::clock::monotonic_ns;
use honker_testkit::{LONG, wait_until};

use super::{Post, wake};

/// Starts a thread that keeps so many subscriptions; `None` for none.
pub(super) fn start(post: &Arc<Post>, size: usize) -> Option<JoinHandle<()>> {
    let post = Arc::clone(post);
    (size > 0).then(|| std::thread::spawn(move || keep(&post, size)))
}

fn keep(post: &Post, size: usize) {
    let mut rng = Rng::new();
    let mut next = 1;
    let mut crowd: Vec<(u64, UpdateEvents)> = Vec::with_capacity(size);
    while !post.over.load(Ordering::Acquire) {
        if crowd.len() < size {
            let Ok(events) = post.subscribe(next) else {
                // Only because the watcher has ended, which its first subscription says.
                let dead = wait_until(LONG, || {
                    post.died().is_some() || post.over.load(Ordering::Acquire)
                });
                assert!(dead, "a subscription was refused");
                break;
            };
            crowd.push((next, events));
            next += 1;
            continue;
        }
        for _ in 0..32 {
            // Some are asked often, and some hardly ever.
            let among = rng.usize(1..=size);
            let index = rng.usize(..among);
            let asked = ask(post, &mut crowd[index]);
            if asked.is_err() || rng.u8(..) == 0 {
                let (sub, gone) = crowd.swap_remove(index);
                post.end(sub, asked.err(), false);
                drop(gone);
                break;
            }
        }
        // So that the crowd asks a thousand times a second, and leaves the processor to others.
        std::thread::sleep(Duration::from_millis(1));
    }
    for mut subscription in crowd {
        let asked = ask(post, &mut subscription);
        let settled = asked.is_ok();
        post.end(subscription.0, asked.err(), settled);
    }
}

/// Takes what is pending. The error's kind if that ended the subscription.
fn ask(post: &Post, (sub, events): &mut (u64, UpdateEvents)) -> Result<(), String> {
    loop {
        match events.try_recv() {
            Ok(Some(update)) => post.tell(*sub, wake(update, monotonic_ns(), None)),
            Ok(None) => return Ok(()),
            Err(error) => return Err(format!("{:?}", error.kind())),
        }
    }
}
