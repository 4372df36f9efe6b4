//! Command lines, a word a line.
#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let words = bytes.split(|byte| *byte == b'\n');
    let _ = honker_cli::understands(words.map(|word| OsString::from_vec(word.to_vec())));
});
