//! `--verbose` and `HONKER_LOG`: what the library tells `tracing`, on standard error.

use crate::exit::{Exit, Failure};
use std::io;
use tracing_subscriber::filter::LevelFilter;

/// Before anything is watched. `HONKER_LOG` (off, error, warn, info, debug or trace) goes before the option.
pub(crate) fn start(verbose: u8) -> Result<(), Failure> {
    let level = match std::env::var("HONKER_LOG") {
        Ok(name) if !name.is_empty() => name.parse().map_err(|_| {
            let message =
                format!("HONKER_LOG is {name:?}: use off, error, warn, info, debug or trace");
            Failure::new(Exit::Usage, message)
        })?,
        _ => match verbose {
            0 => LevelFilter::OFF,
            1 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        },
    };
    if level != LevelFilter::OFF {
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(io::stderr)
            .init();
    }
    Ok(())
}
