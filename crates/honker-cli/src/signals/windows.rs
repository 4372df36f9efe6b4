//! Console events as signals.

use crate::exit::{Exit, Failure};
use signal_hook::consts::SIGINT;

/// Ctrl-C, Ctrl-Break, and the end of the console or of the session are one.
pub(crate) const ENDING: [i32; 1] = [SIGINT];

/// None asks for statistics.
pub(crate) const STATISTICS: Option<i32> = None;

/// Calls `receive` with SIGINT, on a thread of its own, for each of these events.
pub(crate) fn forward(
    _: &[i32],
    receive: impl Fn(i32) + Send + Sync + 'static,
) -> Result<(), Failure> {
    honker_windows::on_console_events(move || receive(SIGINT)).map_err(|error| {
        let message =
            format!("cannot listen for Ctrl-C: {error}. Start honker in a process of its own");
        Failure::new(Exit::Failed, message)
    })
}
