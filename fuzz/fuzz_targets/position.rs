//! Positions: what is read is printed as it was.
#![no_main]

use honker_core::Position;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(position) = text.parse::<Position>() {
        assert_eq!(
            position.to_string().parse::<Position>().ok(),
            Some(position)
        );
    }
});
