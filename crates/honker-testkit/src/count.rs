//! How much of a test to run: `make test` is reduced, `make test-full` runs the stated counts.

/// Whether `HONKER_FULL=1` asks for the stated counts.
pub fn full_counts() -> bool {
    std::env::var_os("HONKER_FULL").is_some_and(|value| value == "1")
}

/// The count to use, said on standard output so that a log tells what was run.
pub fn count(reduced: usize, full: usize) -> usize {
    let (used, word) = if full_counts() {
        (full, "full")
    } else {
        (reduced, "reduced")
    };
    let test = std::thread::current().name().unwrap_or("test").to_owned();
    println!("{test}: count {used} ({word}; reduced {reduced}, full {full})");
    used
}
