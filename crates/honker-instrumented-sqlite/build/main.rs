//! Patches the stop points into the bundled SQLite, and compiles it into a library of its own.

mod patch;
mod points;

use points::POINTS;
use std::path::{Path, PathBuf};
use std::{env, fs};

const DECLARATION: &str = "extern void honker_stop_point(const char *zName);\n";

fn main() {
    // libsqlite3-sys tells those who depend on it where its headers are; the source lies beside them.
    let bundled = variable("DEP_SQLITE3_INCLUDE");
    let original = Path::new(&bundled).join("sqlite3.c");
    println!("cargo::rerun-if-changed={}", original.display());
    println!("cargo::rerun-if-changed=build");
    let source = fs::read_to_string(&original)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", original.display()));
    let version = version(&source);
    let mut patched = source.clone();
    for point in POINTS {
        patched =
            patch::patch(&patched, point).unwrap_or_else(|what| panic!("SQLite {version}: {what}"));
    }
    let directory = PathBuf::from(variable("OUT_DIR"));
    let names: Vec<_> = POINTS.iter().map(|point| point.name).collect();
    fs::write(directory.join("names.rs"), format!("&{names:?}")).expect("OUT_DIR can be written");
    let output = directory.join("sqlite3_with_stop_points.c");
    fs::write(&output, format!("{DECLARATION}{patched}")).expect("OUT_DIR can be written");
    cc::Build::new()
        .file(&output)
        .include(&bundled)
        .define("SQLITE_THREADSAFE", "1")
        .define("SQLITE_DEFAULT_FOREIGN_KEYS", "1")
        .define("SQLITE_USE_URI", None)
        .define("SQLITE_OMIT_LOAD_EXTENSION", None)
        .define("HAVE_USLEEP", "1")
        .warnings(false)
        .debug(false)
        .compile("sqlite3_with_stop_points");
}

fn version(source: &str) -> &str {
    let line = source
        .lines()
        .find_map(|line| line.strip_prefix("#define SQLITE_VERSION "));
    line.map_or("of no known version", |version| {
        version.trim().trim_matches('"')
    })
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}
