//! A real-time clock that can be stepped, for some processes only: libfaketime.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Steps the real-time clock of the processes that are started with it, as those see it through libc. The monotonic
/// clock and the times of files stay what they are, and so does the clock for who asks the kernel past libc.
#[derive(Debug, Clone)]
pub struct FakeClock {
    /// libfaketime reads it whenever it is asked for the time.
    offset: PathBuf,
}

impl FakeClock {
    /// A clock that is right at first. It needs a file of its own in that directory.
    pub fn new(directory: &Path) -> Self {
        let clock = Self {
            offset: directory.join("clock-offset"),
        };
        clock.step_to(0.0);
        clock
    }

    /// Whether libfaketime is where Debian's package `faketime` puts it.
    pub fn installed() -> bool {
        library().exists()
    }

    /// A process started with this has this clock.
    pub fn apply(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", library())
            .env("FAKETIME_TIMESTAMP_FILE", &self.offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
    }

    /// From now on it is so many seconds ahead.
    pub fn step_to(&self, seconds: f64) {
        // Renamed, so that nobody reads half of it.
        let new = self.offset.with_extension("new");
        fs::write(&new, format!("{seconds:+.3}\n")).expect("a file can be written");
        fs::rename(&new, &self.offset).expect("a file can be renamed");
    }
}

/// The one for programs with threads.
fn library() -> PathBuf {
    let arch = std::env::consts::ARCH;
    format!("/usr/lib/{arch}-linux-gnu/faketime/libfaketimeMT.so.1").into()
}
