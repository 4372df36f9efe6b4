//! What a process has open, in its own descriptor table and in its observer thread's.

use honker_testkit::{LONG, fds, threads, wait_until};
use std::fs;

/// One count of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    /// Descriptors in the table of the host.
    pub(crate) host: usize,
    /// Descriptors in the table of the observer thread; 0 without one.
    pub(crate) observer: usize,
    /// Inotify watches of the observer thread.
    pub(crate) watches: usize,
    /// Threads of honker.
    pub(crate) threads: usize,
}

impl Census {
    pub(crate) fn now() -> Self {
        let process = std::process::id();
        let mut census = Self {
            host: fds::count(),
            observer: 0,
            watches: 0,
            threads: 0,
        };
        for (thread, name) in threads::of(process) {
            if !name.starts_with("honker") {
                continue;
            }
            census.threads += 1;
            let table = fds::of_thread(process, thread);
            census.observer += table.len();
            let infos = table.iter().map(|(number, _)| {
                let path = format!("/proc/{process}/task/{thread}/fdinfo/{number}");
                fs::read_to_string(path).unwrap_or_default()
            });
            census.watches += infos
                .map(|info| info.matches("inotify wd:").count())
                .sum::<usize>();
        }
        census
    }

    /// The count once it is the same several times in a row and an earlier observer thread has ended: that may take
    /// its time over closing an inotify instance.
    pub(crate) fn settled() -> Self {
        let (mut last, mut same) = (Self::now(), 0);
        let settled = wait_until(LONG, || {
            let now = Self::now();
            same = if now == last { same + 1 } else { 0 };
            last = now;
            same >= 5 && now.threads <= 1
        });
        assert!(settled, "{last:?}");
        last
    }

    /// Closing goes on after `close` has returned, so the count may take a moment, but it comes back exactly.
    pub(crate) fn comes_back(&self, about: &str) {
        let mut now = *self;
        let back = wait_until(LONG, || {
            now = Self::now();
            now == *self
        });
        assert!(back, "{about}: {now:?} after {self:?}");
        println!("{about}: {now:?}, as before");
    }
}
