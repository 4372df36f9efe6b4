//! `include/honker.h` is what the exported functions say. `scripts/header.sh` writes it.

use std::path::Path;

/// In the order in which the header has them.
const SOURCES: [&str; 5] = ["code", "error", "watcher", "subscription", "text"];

fn generated() -> String {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml")).expect("it is valid");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(package.join(format!("src/abi/{source}.rs")));
    }
    let mut header = Vec::new();
    builder.generate().expect("C can say it").write(&mut header);
    String::from_utf8(header).expect("text")
}

#[test]
fn the_header_is_what_the_library_exports() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/honker.h");
    let generated = generated();
    if std::env::var_os("HONKER_WRITE_HEADER").is_some() {
        std::fs::write(&path, &generated).expect("it can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "include/honker.h differs from crates/honker-c/src/abi: run scripts/header.sh and commit what it writes"
    );
}

#[test]
fn the_texts_in_the_header_are_the_library_s() {
    let generated = generated();
    for (name, text) in [
        ("HONKER_VERSION", env!("CARGO_PKG_VERSION")),
        (
            "HONKER_OPEN_METRICS_CONTENT_TYPE",
            honker_core::OPEN_METRICS_CONTENT_TYPE,
        ),
    ] {
        assert!(
            generated.contains(&format!("#define {name} \"{text}\"\n")),
            "{name} is not {text}: see cbindgen.toml"
        );
    }
}
