//! Events of inotify: none may panic, and those that were lost leave the number of sessions unknown.
#![no_main]

use honker_core::testing::hear;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|events: &[u8]| {
    let heard = hear(events).expect("descriptors");
    assert_eq!(heard.sessions.is_none(), heard.overflows > 0);
});
