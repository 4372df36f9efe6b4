//! Headers of databases, journals, logs and wal-indexes: none may panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| honker_core::testing::decode(bytes));
