//! A SQLite in which something moved fails the build, and the message says what to look at.

use crate::patch::patch;
use crate::points::{Place, Point};

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
