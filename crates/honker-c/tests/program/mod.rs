//! A program that is compiled against the installed library, and run.

#![allow(unreachable_pub, reason = "a module of a test")]

use honker_testkit::LONG;
use honker_testkit::lines::Lines;
use honker_testkit::process::Process;
use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// How a program is compiled, linked and run.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    pub is_cpp: bool,
    pub is_static: bool,
    pub valgrind: bool,
}

/// Every way; the first two, between them, have each compiler and each way to link, and valgrind.
pub const BUILDS: [Build; 4] = [
    Build {
        is_cpp: false,
        is_static: false,
        valgrind: true,
    },
    Build {
        is_cpp: true,
        is_static: true,
        valgrind: true,
    },
    Build {
        is_cpp: false,
        is_static: true,
        valgrind: false,
    },
    Build {
        is_cpp: true,
        is_static: false,
        valgrind: false,
    },
];

pub const CHECKED: &[Build] = BUILDS.split_at(2).0;

impl Build {
    pub fn name(self) -> String {
        let language = if self.is_cpp { "c++" } else { "c" };
        let linked = if self.is_static { "static" } else { "dynamic" };
        format!("{language}-{linked}")
    }
}

/// Everything that is wrong, and everything that is lost, is an error.
const VALGRIND: [&str; 7] = [
    "valgrind",
    "--quiet",
    "--error-exitcode=9",
    "--leak-check=full",
    // Not "possibly": those are blocks that are pointed to in the middle, as Rust's counted pointers and hash tables do it
    // always. Threads that stay until the exit, or are just ending then, have such.
    "--show-leak-kinds=definite,indirect",
    "--errors-for-leak-kinds=definite,indirect",
    // What a child made by fork inherits of threads that it has not got is lost to it, whatever honker does.
    "--child-silent-after-fork=yes",
];

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("this checkout")
}

/// What scripts/c.sh has installed.
pub fn installed(path: &str) -> PathBuf {
    let path = root().join("target/c").join(path);
    assert!(
        path.exists(),
        "{} is missing: run scripts/test-c.sh, which builds it",
        path.display()
    );
    path
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A program that can be started.
#[derive(Debug)]
pub struct Program {
    words: Vec<PathBuf>,
}

impl Program {
    /// Compiles one, with every warning an error.
    pub fn build(path: &str, build: Build) -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(build.name());
        std::fs::create_dir_all(&place).expect("a directory");
        let source = source(path);
        let program = place.join(source.file_stem().expect("a name"));
        let (compiler, language) = if build.is_cpp {
            ("g++", ["-std=c++17", "-xc++"])
        } else {
            ("gcc", ["-std=c99", "-xc"])
        };
        let mut command = Command::new(compiler);
        command
            .args(language)
            .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-g"]);
        command
            .arg("-pthread")
            .arg(&source)
            .arg("-xnone")
            .arg("-o")
            .arg(&program);
        if build.is_static {
            command.arg("-L").arg(archive_alone());
        }
        command.args(pkg_config(build.is_static));
        let compiled = command.output().expect("gcc and g++ are installed");
        assert!(
            compiled.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&compiled.stderr)
        );
        let mut words = Vec::new();
        if build.valgrind {
            words.extend(VALGRIND.map(PathBuf::from));
        }
        words.push(program);
        Self { words }
    }

    /// One that an interpreter runs.
    pub fn script(interpreter: &str, path: &str) -> Self {
        Self {
            words: vec![interpreter.into(), source(path)],
        }
    }

    pub fn start(&self, arguments: &[impl AsRef<OsStr>]) -> Running {
        let mut command = Command::new(&self.words[0]);
        command
            .args(&self.words[1..])
            .args(arguments)
            .env("LD_LIBRARY_PATH", installed("lib"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = Process::spawn(&mut command);
        let child = process.child();
        Running {
            input: child.stdin.take(),
            output: Lines::new(child.stdout.take().expect("a pipe")),
            errors: Lines::new(child.stderr.take().expect("a pipe")),
            process,
        }
    }
}

/// A directory with nothing but the archive: the linker prefers the other one.
fn archive_alone() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("archive");
        std::fs::create_dir_all(&place).expect("a directory");
        let link = place.join("libhonker.a");
        let _ = std::fs::remove_file(&link);
        symlink(installed("lib/libhonker.a"), link).expect("a link");
        place
    })
}

/// As a Makefile asks for it.
fn pkg_config(is_static: bool) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", installed("lib/pkgconfig"));
    if is_static {
        command.arg("--static");
    }
    let told = command
        .args(["--cflags", "--libs", "honker"])
        .output()
        .expect("pkg-config is installed");
    assert!(told.status.success(), "{told:?}");
    let told = String::from_utf8(told.stdout).expect("text");
    told.split_whitespace().map(str::to_owned).collect()
}

/// A program that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    process: Process,
    input: Option<ChildStdin>,
    output: Lines<ChildStdout>,
    errors: Lines<ChildStderr>,
}

impl Running {
    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        match self.output.next(LONG) {
            Ok(line) => line,
            Err(why) => panic!("no line: {why:?}; standard error: {}", self.all_errors()),
        }
    }

    pub fn line_if_any(&mut self) -> Option<String> {
        self.output.next(Duration::from_millis(5)).ok()
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// It ends well. Under valgrind: without an error, and with nothing lost.
    pub fn succeeds(mut self) {
        let status = self.process.wait(LONG);
        let errors = self.all_errors();
        assert!(status.success() && errors.is_empty(), "{status}: {errors}");
    }

    /// It ends with an error of its own; what it says then.
    pub fn fails(mut self) -> String {
        let status = self.process.wait(LONG);
        let errors = self.all_errors();
        assert_eq!(status.code(), Some(1), "{errors}");
        errors
    }

    fn all_errors(&mut self) -> String {
        let mut errors = Vec::new();
        while let Ok(line) = self.errors.next(LONG) {
            errors.push(line);
        }
        errors.join("\n")
    }
}
