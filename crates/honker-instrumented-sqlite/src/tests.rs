//! A SQLite in which something moved fails the build, and the message says what to look at.

use crate::patch::patch;
use crate::points::{POINTS, Place, Point};
use std::fs;
use std::path::Path;

const POINT: Point = Point {
    name: "frame-written",
    function: "static int walFrames(\n",
    place: Place::After,
    anchor: "rc = write(p);",
};
const SOURCE: &str =
    "\nstatic int walFrames(\n  int);\n\nstatic int walFrames(\n  int p\n){\n  rc = write(p);\n}\n";

#[test]
fn a_point_stands_where_its_text_is() {
    let patched = patch(SOURCE, &POINT).expect("a place");
    assert!(patched.contains("rc = write(p); honker_stop_point(\"frame-written\");"));
    let before = Point {
        place: Place::Before,
        ..POINT
    };
    let patched = patch(SOURCE, &before).expect("a place");
    assert!(patched.contains("honker_stop_point(\"frame-written\"); rc = write(p);"));
}

#[test]
fn a_text_that_has_gone_or_is_there_twice_is_an_error() {
    let twice = SOURCE.replace("rc = write(p);", "rc = write(p); rc = write(p);");
    for (source, times) in [(SOURCE.replace("(p)", "(q)"), 0), (twice, 2)] {
        let error = patch(&source, &POINT).expect_err("no place");
        assert!(error.contains("\"frame-written\""), "{error}");
        let count = format!("is {times} times");
        assert!(error.contains(&count), "{error}");
    }
}

#[test]
fn a_function_that_has_another_name_is_an_error() {
    let error = patch(&SOURCE.replace("walFrames", "walWrite"), &POINT).expect_err("no place");
    assert!(error.contains("not one definition"), "{error}");
}

/// A point that no history stops at would be believed to be tested.
#[test]
fn each_point_is_stopped_at_by_a_history() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
    let histories = crates.join("honker-core/tests/histories/instrumented");
    let files = fs::read_dir(histories).expect("the histories are there");
    let texts = files.map(|file| fs::read_to_string(file.expect("a file").path()));
    let texts: Vec<_> = texts.map(|text| text.expect("a text")).collect();
    for point in POINTS {
        let name = format!("\"{}\"", point.name);
        let is_used = texts.iter().any(|text| text.contains(&name));
        assert!(is_used, "no history stops at {name}");
    }
}
