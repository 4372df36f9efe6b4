//! Signals as values.

use crate::exit::{Exit, Failure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;
use std::thread;

/// The signals that ask a process to end.
pub(crate) const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// The one that asks for statistics.
pub(crate) const STATISTICS: Option<i32> = Some(SIGUSR1);

/// Calls `receive` with each of these signals, on a thread of its own. Those that were ignored
/// when the process started stay ignored: `nohup` and background jobs of scripts rely on it.
pub(crate) fn forward(
    wanted: &[i32],
    receive: impl Fn(i32) + Send + 'static,
) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let message =
            format!("cannot listen for signals: {error}. Raise the limits of this process");
        Failure::new(Exit::Failed, message)
    };
    let ignored = ignored_at_start();
    let wanted = wanted
        .iter()
        .filter(|number| ignored & (1 << (**number - 1)) == 0);
    let mut signals = Signals::new(wanted).map_err(failed)?;
    thread::Builder::new()
        .name("honker-signals".to_owned())
        .spawn(move || signals.forever().for_each(receive))
        .map_err(failed)?;
    Ok(())
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
