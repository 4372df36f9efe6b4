//! Running a test once more, alone, in a process of its own: in namespaces, where what it mounts and limits goes with
//! it, or as a user who may do less.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The test that is run again, and what it was given.
const TEST: &str = "HONKER_TEST_AGAIN";
const ARGUMENT: &str = "HONKER_TEST_ARGUMENT";
/// A user who owns nothing.
const NOBODY: u32 = 65534;
/// Another one, whose limits a test may use up.
pub const NOBODY_ELSE: u32 = 65533;

/// What a test has to itself. Each has the ways to get it, as arguments of unshare(1): as root, or as a user who may be
/// root of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// Its mounts.
    Mounts,
    /// Its mounts and processes, as a container has.
    Container,
    /// Its limits (`/proc/sys/user`), and its mounts.
    Limits,
}

impl Own {
    fn ways(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Mounts => &[&["--mount"], &["--user", "--map-root-user", "--mount"]],
            Self::Container => &[
                &["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
                &[
                    "--user",
                    "--map-root-user",
                    "--mount",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    "--mount-proc",
                ],
            ],
            Self::Limits => &[&["--user", "--map-root-user", "--mount"]],
        }
    }

    /// unshare(1) with the arguments that are allowed here; `None` where none are.
    pub fn command(self) -> Option<Command> {
        let unshare = |way: &[&str]| {
            let mut command = Command::new("unshare");
            command.args(way);
            command
        };
        let allowed = |way: &&&[&str]| {
            let tried = unshare(way).arg("true").output();
            tried.is_ok_and(|output| output.status.success())
        };
        self.ways().iter().find(allowed).map(|way| unshare(way))
    }
}

/// Whether the calling test is alone with what it owns. If not, it is run again, so that it is, and nothing is left to
/// do. Where that is not allowed it is skipped, and says so.
///
/// # Panics
/// If the test failed in there.
pub fn alone_with(own: Own) -> bool {
    if argument().is_some() {
        return true;
    }
    match own.command() {
        None => println!("skipped: unshare(1) may not give this process its own {own:?}"),
        Some(unshare) => return alone_through(unshare),
    }
    false
}

/// Whether the calling test was started through a command that starts another one, such as prlimit(1). If not, it is
/// run again through this one, and nothing is left to do.
///
/// # Panics
/// If the test failed in there.
pub fn alone_through(mut command: Command) -> bool {
    if argument().is_some() {
        return true;
    }
    check(&run(command.arg(exe()), OsStr::new("")));
    false
}

/// Runs the calling test again as a user who owns nothing; [`argument`] tells it the path. `false`, and says so, where
/// that is not allowed.
///
/// # Panics
/// If the test failed there.
pub fn again_as_nobody(path: &Path) -> bool {
    let started = start_as(NOBODY, path);
    let may = started.is_some();
    started.into_iter().for_each(Again::finish);
    may
}

/// The same as this user, without waiting for its end.
pub fn start_as(user: u32, path: &Path) -> Option<Again> {
    // Where the program was built nobody else may look.
    let place = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("a temporary directory");
    let copy = place.path().join("test");
    // By another process: a program that this one has open for writing, or a child that another test forks meanwhile,
    // cannot be run.
    let copied = Command::new("cp")
        .args([exe().as_ref(), copy.as_path()])
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "no copy of the test"
    );
    let mut command = as_user(user, &copy)?;
    give(&mut command, path.as_os_str());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command
        .spawn()
        .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
    Some(Again {
        child,
        _place: place,
    })
}

/// A program that runs as this user. `None`, and says so, where that is not allowed.
pub fn as_user(user: u32, program: &Path) -> Option<Command> {
    let as_user = |program: &Path| {
        let mut command = Command::new(program);
        command.uid(user).gid(user).current_dir("/");
        command
    };
    let tried = as_user(Path::new("true")).status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(as_user(program));
    }
    println!("skipped: this process may not become another user");
    None
}

/// A test that was started again.
#[derive(Debug)]
pub struct Again {
    child: Child,
    _place: tempfile::TempDir,
}

impl Again {
    /// Waits for its end.
    ///
    /// # Panics
    /// If it failed.
    pub fn finish(self) {
        check(&self.child.wait_with_output().expect("its output"));
    }
}

/// What the calling test was given, if this is the process in which it runs again.
pub fn argument() -> Option<PathBuf> {
    let again = env::var_os(TEST)? == OsString::from(name());
    again.then(|| env::var_os(ARGUMENT).unwrap_or_default().into())
}

fn run(command: &mut Command, argument: &OsStr) -> Output {
    give(command, argument);
    command
        .output()
        .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"))
}

fn give(command: &mut Command, argument: &OsStr) {
    command
        .args(["--exact", &name(), "--nocapture"])
        .env(TEST, name())
        .env(ARGUMENT, argument);
}

fn check(output: &Output) {
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    print!("{stdout}");
    let passed = output.status.success() && stdout.contains("1 passed");
    assert!(passed, "{}: {stderr}", output.status);
}

fn exe() -> PathBuf {
    env::current_exe().expect("a running test has a path")
}

/// The test harness names its threads after the tests.
fn name() -> String {
    let name = std::thread::current().name().map(ToOwned::to_owned);
    name.expect("a test's thread has its name")
}
