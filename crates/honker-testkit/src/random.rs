//! Random choices that can be repeated.

use std::hash::{BuildHasher, Hasher, RandomState};

pub use fastrand::Rng;

/// A generator for the test `name`. Its seed is printed; `HONKER_SEED` repeats a run.
///
/// # Panics
/// If `HONKER_SEED` is not a number.
pub fn rng(name: &str) -> Rng {
    let seed = match std::env::var("HONKER_SEED") {
        Ok(text) => text.parse().expect("HONKER_SEED is a whole number"),
        Err(_) => RandomState::new().build_hasher().finish(),
    };
    println!("{name}: HONKER_SEED={seed}");
    Rng::with_seed(seed)
}
