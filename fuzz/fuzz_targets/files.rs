//! Any state of a database's four files, looked at and then changed to another.
#![no_main]

use std::time::Duration;

use honker_core::testing::LookNow;
use honker_testkit::damaged;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("app.db");
    let (before, after) = bytes.split_at(bytes.len() / 2);
    damaged::write(&database, damaged::split(before));
    let Ok(mut observer) = LookNow::open(&database) else {
        return;
    };
    damaged::write(&database, damaged::split(after));
    observer.look_at(Duration::from_secs(3600));
    observer.look_at(Duration::from_secs(3601));
});
