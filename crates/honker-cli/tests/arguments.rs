//! No command line makes the reading of it panic: the corpus of the fuzz target, and variations of it.

use honker_testkit::damaged::{corpus, vary};
use honker_testkit::{count, random};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// A word a line.
fn words(bytes: &[u8]) -> Vec<OsString> {
    let words = bytes.split(|byte| *byte == b'\n');
    words
        .map(|word| OsString::from_vec(word.to_vec()))
        .collect()
}

#[test]
fn the_corpus_holds_command_lines_of_both_kinds() {
    let lines = corpus("arguments");
    let understood = |lines: &[(std::path::PathBuf, Vec<u8>)]| {
        let mut lines = lines.iter();
        let is = |(_, bytes): &&(_, Vec<u8>)| honker_cli::understands(words(bytes));
        lines.by_ref().filter(is).count()
    };
    let good = understood(&lines);
    assert!(good > 0 && good < lines.len(), "{good} of {}", lines.len());
}

#[test]
fn no_command_line_makes_the_reading_of_it_panic() {
    let mut rng = random::rng("no_command_line_makes_the_reading_of_it_panic");
    let lines = corpus("arguments");
    for _ in 0..count(2_000, 100_000) {
        let (_, first) = &lines[rng.usize(..lines.len())];
        let (_, second) = &lines[rng.usize(..lines.len())];
        let mut line = words(&vary(first, &mut rng));
        line.extend(words(second).into_iter().skip(rng.usize(..4)));
        let _ = honker_cli::understands(line);
    }
}
