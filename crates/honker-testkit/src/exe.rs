//! Finding the writer programs, and building them where Cargo has not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// A program that tests start.
struct Program {
    name: &'static str,
    package: &'static str,
    /// What it is made from, beside the directory of this crate.
    sources: &'static [&'static str],
}

const WRITER: Program = Program {
    name: "sqlite-writer",
    package: "honker-testkit",
    sources: &["honker-testkit/src"],
};

const INSTRUMENTED: Program = Program {
    name: "instrumented-writer",
    package: "honker-instrumented-sqlite",
    sources: &[
        "honker-instrumented-sqlite",
        "honker-testkit/src/protocol.rs",
    ],
};

/// The `sqlite-writer` of the profile that the running test was built with.
///
/// Cargo builds the binaries of a package for that package's own tests only, so `cargo test -p honker-core`
/// finds it missing or older than its source; it is then built here, once, under a lock.
pub fn exe() -> PathBuf {
    static EXE: OnceLock<PathBuf> = OnceLock::new();
    EXE.get_or_init(|| WRITER.find()).clone()
}

/// The `instrumented-writer`, likewise.
pub fn instrumented_exe() -> PathBuf {
    static EXE: OnceLock<PathBuf> = OnceLock::new();
    EXE.get_or_init(|| INSTRUMENTED.find()).clone()
}

/// `target/<profile>` of the running program: a test lies in its `deps` or `examples`, a binary in itself.
pub fn profile_dir() -> PathBuf {
    let current = std::env::current_exe().expect("a running test has a path");
    let dir = current.parent().expect("a program lies in a directory");
    let inner = ["deps", "examples"].iter().any(|name| dir.ends_with(name));
    let outer = if inner { dir.parent() } else { Some(dir) };
    outer.expect("deps lies in a directory").to_path_buf()
}

impl Program {
    fn find(&self) -> PathBuf {
        let profile = profile_dir();
        let exe = profile.join(format!("{}{}", self.name, std::env::consts::EXE_SUFFIX));
        if self.is_stale(&exe) {
            self.build(&profile, &exe);
        }
        exe
    }

    /// Absent, or older than what it is made from: the protocol might have changed.
    fn is_stale(&self, exe: &Path) -> bool {
        let Ok(built) = fs::metadata(exe).and_then(|metadata| metadata.modified()) else {
            return true;
        };
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
        let mut sources = self.sources.iter().map(|source| crates.join(source));
        sources.any(|source| newest(&source).is_some_and(|changed| changed > built))
    }

    fn build(&self, profile: &Path, exe: &Path) {
        let target = profile
            .parent()
            .expect("a profile lies in the target directory");
        let lock = File::create(target.join(format!("{}.lock", self.name)))
            .expect("the target directory is writable");
        lock.lock().expect("a lock file can be locked");
        if !self.is_stale(exe) {
            return; // Another test built it while this one waited.
        }
        let profile_name = match profile.file_name().and_then(|name| name.to_str()) {
            Some("debug") => "dev",
            Some(name) => name,
            None => panic!("{} is no profile directory", profile.display()),
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(["build", "-p", self.package, "--bin", self.name])
            .args(["--profile", profile_name, "--target-dir"])
            .arg(target)
            .arg("--manifest-path")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        let status = command
            .status()
            .unwrap_or_else(|error| panic!("can't run {command:?}: {error}"));
        assert!(status.success(), "{command:?} failed");
        // Cargo leaves the file alone when only a date had changed; now it is known to be new.
        if let Ok(file) = File::options().append(true).open(exe) {
            let _ = file.set_modified(SystemTime::now());
        }
    }
}

/// When a file, or the newest one below a directory, was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_dir() {
        return metadata.modified().ok();
    }
    let entries = fs::read_dir(path).ok()?;
    entries
        .flatten()
        .filter_map(|entry| newest(&entry.path()))
        .max()
}
