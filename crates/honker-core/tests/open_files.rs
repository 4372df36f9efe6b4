//! The limit of open files: raised when watching needs more, never otherwise, and named where it cannot be raised.

#![cfg(unix)] // descriptors are POSIX's

use honker_core::{Error, ErrorKind, SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, Synchronous, TempDb, Writer, alone_through};
use rustix::process::{Resource, getrlimit};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// `CAP_SYS_RESOURCE`, which allows to raise hard limits (capability.h).
const SYS_RESOURCE: u64 = 1 << 24;

/// Whether this is a process with these limits. If not, the calling test is run again in one that has them.
fn limited_to(soft: u64, hard: u64, privileged: bool) -> bool {
    let mut command = Command::new("prlimit");
    if has_sys_resource() && !privileged {
        command = Command::new("setpriv");
        command.args(["--bounding-set=-sys_resource", "prlimit"]);
    }
    command.arg(format!("--nofile={soft}:{hard}"));
    alone_through(command)
}

fn has_sys_resource() -> bool {
    let status = fs::read_to_string("/proc/self/status").expect("a process has a status");
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = u64::from_str_radix(effective.expect("capabilities").trim(), 16);
    effective.expect("a number") & SYS_RESOURCE != 0
}

fn limits() -> (Option<u64>, Option<u64>) {
    let limit = getrlimit(Resource::Nofile);
    (limit.current, limit.maximum)
}

/// A directory full of databases.
struct Databases {
    template: TempDb,
}

impl Databases {
    fn new() -> Self {
        let template = TempDb::new(JournalMode::Delete);
        Self { template }
    }

    fn path(&self, number: usize) -> PathBuf {
        let path = self.template.dir().join(format!("{number}.db"));
        if !path.exists() {
            fs::copy(self.template.path(), &path).expect("a copy");
        }
        path
    }

    fn watch(&self, number: usize) -> Result<SharedUpdateWatcher, Error> {
        SharedUpdateWatcher::builder(self.path(number))
            .backend(WatcherBackend::KernelWatch)
            .open()
    }
}

/// Each of them gets a commit, and wakes.
fn all_work(databases: &Databases, watchers: &[SharedUpdateWatcher]) {
    let mut writer = Writer::spawn();
    for (number, watcher) in watchers.iter().enumerate() {
        let mut events = watcher.update_events().expect("a subscription");
        let conn = writer.open_in(
            databases.path(number),
            JournalMode::Delete,
            Synchronous::Off,
        );
        writer
            .exec(conn, "UPDATE t SET n = n + 1")
            .expect("a commit");
        let update = events.recv_timeout(LONG).expect("alive");
        assert!(update.is_some(), "database {number} is deaf");
        writer.close(conn);
    }
}

#[test]
fn the_limit_is_raised_when_watching_needs_more_and_not_before() {
    if !limited_to(64, 4096, false) {
        return;
    }
    let databases = Databases::new();
    let mut watchers = vec![databases.watch(0).expect("a watcher")];
    assert_eq!(limits(), (Some(64), Some(4096)), "one needs no more");
    watchers.extend((1..200).map(|number| databases.watch(number).expect("a watcher")));
    let (soft, hard) = limits();
    assert!(soft.is_some_and(|soft| (200..=512).contains(&soft)));
    assert_eq!(hard, Some(4096), "as it was");
    all_work(&databases, &watchers);
}

#[test]
fn at_a_limit_that_cannot_be_raised_opening_names_it_and_what_is_open_keeps_working() {
    if !limited_to(48, 64, false) {
        return;
    }
    let databases = Databases::new();
    let mut watchers = Vec::new();
    let error = loop {
        match databases.watch(watchers.len()) {
            Ok(watcher) => watchers.push(watcher),
            Err(error) => break error,
        }
        assert!(watchers.len() < 64);
    };
    assert_eq!(error.kind(), ErrorKind::LimitReached);
    let message = error.to_string();
    for part in ["64", "RLIMIT_NOFILE", "ulimit -n", "LimitNOFILE"] {
        assert!(message.contains(part), "{message}");
    }
    println!("{} watched; then: {message}", watchers.len());
    assert!(watchers.len() > 32);
    all_work(&databases, &watchers);
    watchers.pop();
    watchers.push(
        databases
            .watch(watchers.len())
            .expect("there is room again"),
    );
    all_work(&databases, &watchers);
}

#[test]
fn the_hard_limit_is_raised_where_that_is_allowed() {
    if !has_sys_resource() {
        println!("skipped: this process has no CAP_SYS_RESOURCE");
        return;
    }
    if !limited_to(48, 64, true) {
        return;
    }
    let databases = Databases::new();
    let watchers: Vec<_> = (0..200)
        .map(|number| databases.watch(number).expect("a watcher"))
        .collect();
    let (soft, hard) = limits();
    assert!(soft.is_some_and(|soft| (200..=512).contains(&soft)));
    assert_eq!(hard, soft);
    all_work(&databases, &watchers);
}
