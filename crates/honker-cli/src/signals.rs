//! Signals as values, and the threads that must not get any.

use crate::exit::{Exit, Failure};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use signal_hook::iterator::Signals;
use std::thread;

const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Calls `receive` with each signal that asks this process to end, on a thread of its own. Those that were ignored
/// when the process started stay ignored: `nohup` and background jobs of scripts rely on it.
pub(crate) fn forward(receive: impl Fn(i32) + Send + 'static) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let message =
            format!("cannot listen for signals: {error}. Raise the limits of this process");
        Failure::new(Exit::Failed, message)
    };
    let ignored = ignored_at_start();
    let wanted = ENDING
        .into_iter()
        .map(|signal| signal as i32)
        .filter(|number| ignored & (1 << (number - 1)) == 0);
    let mut signals = Signals::new(wanted).map_err(failed)?;
    thread::Builder::new()
        .name("honker-signals".to_owned())
        .spawn(move || signals.forever().for_each(receive))
        .map_err(failed)?;
    Ok(())
}

/// Runs `start` so that the threads it starts never handle a signal.
///
/// A signal handler writes to a pipe, to wake the thread above. The library's observer thread has a descriptor table
/// of its own, in which that pipe does not exist: a signal that the kernel hands to that thread would be lost.
pub(crate) fn kept_from<T>(start: impl FnOnce() -> T) -> T {
    let ending: SigSet = ENDING.into_iter().collect();
    let before = ending.thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let result = start();
    if let Ok(before) = before {
        // It was this thread's mask a moment ago, so it can be again.
        let _ = before.thread_set_mask();
    }
    result
}

/// The signals that were ignored when this process started, one bit each from bit 0 for signal 1.
fn ignored_at_start() -> u64 {
    // Asking sigaction(2) would be `unsafe`. Where there is no /proc, none counts as ignored.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .unwrap_or_default();
    u64::from_str_radix(mask.trim(), 16).unwrap_or(0)
}
