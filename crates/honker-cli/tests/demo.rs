//! `honker demo`: every commit accounted for, and nothing left behind.

mod command;

use std::fs;
use std::path::Path;

use command::Honker;
use honker_testkit::{LONG, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

fn demo(directory: &TempDir, commits: &str) -> Honker {
    let mut command = command::command(["demo", "--commits", commits]);
    Honker::start(command.env("TMPDIR", directory.path()))
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory)
        .expect("a directory")
        .next()
        .is_none()
}

#[test]
fn the_demo_shows_every_wake_and_accounts_for_every_commit() {
    let directory = directory();
    let ended = demo(&directory, "20").end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
    for mode in ["wal", "delete"] {
        let start = format!("  {mode} ");
        let wakes = ended.stdout.iter().filter(|line| line.starts_with(&start));
        assert_eq!(wakes.count(), 20, "{mode}");
    }
    for row in ["commits made", "accounted for", "wakes"] {
        let line = ended.stdout.iter().find(|line| line.starts_with(row));
        let numbers: Vec<_> = line.expect(row).split_whitespace().rev().take(2).collect();
        assert_eq!(numbers, ["20", "20"], "{row}");
    }
    for row in ["latency p50", "latency p99"] {
        assert!(
            ended.stdout.iter().any(|line| line.starts_with(row)),
            "{row}"
        );
    }
    assert_eq!(
        ended.stdout.last().expect("a line"),
        "All 40 commits were accounted for."
    );
    assert!(is_empty(directory.path()), "it cleans up");
}

#[test]
fn without_a_terminal_there_is_no_colour() {
    let directory = directory();
    let ended = demo(&directory, "1").end();
    assert!(
        ended.stdout.iter().all(|line| !line.contains('\u{1b}')),
        "{ended:?}"
    );
}

#[test]
fn an_interrupted_demo_cleans_up() {
    let directory = directory();
    let demo = demo(&directory, "100000");
    until_the_first_wake(&demo);
    demo.signal(Signal::SIGINT);
    let ended = demo.end();
    assert_eq!(ended.code, Some(130));
    assert!(ended.stderr.is_empty(), "{:?}", ended.stderr);
    assert!(is_empty(directory.path()), "it cleans up");
}

#[test]
fn a_demo_whose_writer_dies_fails_loudly_and_cleans_up() {
    let directory = directory();
    let demo = demo(&directory, "100000");
    until_the_first_wake(&demo);
    let writer = wait_for(LONG, || child_of(demo.pid())).expect("a writer process");
    kill(Pid::from_raw(writer), Signal::SIGKILL).expect("it is there");
    let ended = demo.end();
    assert_eq!(ended.code, Some(1));
    let complaint = ended.complaint();
    assert!(complaint.contains("the demo's writer"), "{complaint}");
    assert!(is_empty(directory.path()), "it cleans up");
}

fn until_the_first_wake(demo: &Honker) {
    while !demo.line().starts_with("  wal ") {}
}

/// The process whose parent this is.
fn child_of(parent: u32) -> Option<i32> {
    let processes = fs::read_dir("/proc").expect("/proc is mounted");
    processes.flatten().find_map(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        // The name in brackets may hold anything; the state and the parent follow it.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(1);
        let is_child = fields.next()?.parse() == Ok(parent);
        is_child.then(|| process.file_name().to_str()?.parse().ok())?
    })
}
