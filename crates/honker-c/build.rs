//! Tells the linker what a library in C needs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // The number grows with each change that breaks programs which are linked already.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libhonker.so.0");
        // Its threads run on after the last watcher, so it must not be unloaded: some languages do that when they collect.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
