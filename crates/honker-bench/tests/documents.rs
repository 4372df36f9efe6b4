//! What the documents tell is what the last run found.

use std::fs;
use std::path::{Path, PathBuf};

use honker_bench::report::{plots, regions};
use honker_bench::results::Results;

const HOW: &str = "run `cargo run -p honker-bench -- readme`";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn results() -> Results {
    Results::read(&project().join(regions::RESULTS)).expect("the last run is committed")
}

#[test]
fn the_tables_of_the_documents_are_those_of_the_last_run() {
    for document in regions::DOCUMENTS {
        let text = fs::read_to_string(project().join(document)).expect("a document");
        let now = regions::render(&text, &results()).expect("marks");
        assert!(
            text.contains("<!-- bench: "),
            "{document} has no generated part"
        );
        assert!(now == text, "{document} tells something else: {HOW}");
    }
}

#[test]
fn the_pictures_are_those_of_the_last_run() {
    for (name, svg) in plots::all(&results()).expect("drawn") {
        let path = project().join(regions::RESULTS).with_file_name(name);
        let committed = fs::read_to_string(path).expect("a picture");
        assert!(committed == svg, "{name} shows something else: {HOW}");
    }
}
