//! How `honker watch` ends, and with which exit code.

mod command;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use command::{HONKER, Honker, start_watch, watch_json};
use honker_testkit::process::Process;
use honker_testkit::{JournalMode, LONG, Shell, TempDb, Writer, wait_until};
use nix::sys::signal::Signal;

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

#[test]
fn when_the_count_is_reached_the_code_is_0_and_no_further_line_is_printed() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = watch_json(db.path(), &["--count", "3"]);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    for _ in 0..3 {
        writer.exec(conn, INSERT).expect("a commit");
        honker.commits(1);
    }
    writer.exec(conn, INSERT).expect("a commit");
    let ended = honker.end();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.is_empty(), "{ended:?}");
}

#[test]
fn the_timeout_is_the_total_run_time_and_its_code_is_124() {
    let db = TempDb::new(JournalMode::Wal);
    let start = Instant::now();
    let honker = watch_json(db.path(), &["--timeout", "1.5s"]);
    // A wake does not start the time again.
    db.sql(INSERT);
    let ended = honker.end();
    assert_eq!(ended.code, Some(124), "{ended:?}");
    assert!(start.elapsed() >= Duration::from_millis(1500));
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn a_timeout_beyond_the_clocks_end_is_none() {
    let db = TempDb::new(JournalMode::Wal);
    let options = ["--timeout", "500000000000y", "--poll-interval", "1ms"];
    let honker = watch_json(db.path(), &[&options[..], &["--count", "1"]].concat());
    db.sql(INSERT);
    assert_eq!(honker.end().code, Some(0));
}

#[test]
fn a_database_renamed_over_ends_the_watch_with_code_3_and_the_reason() {
    for backend in ["kernel", "polling"] {
        let db = TempDb::new(JournalMode::Delete);
        let honker = watch_json(db.path(), &["--backend", backend]);
        let other = db.beside("other.db");
        assert!(Shell::once(&other, "CREATE TABLE u(x)").status.success());
        fs::rename(&other, db.path()).expect("it is replaced");
        is_dead(honker, "found (dev=");
    }
}

#[test]
fn a_database_that_is_removed_ends_the_watch_with_code_3_and_the_reason() {
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let db = TempDb::new(mode);
        let honker = watch_json(db.path(), &[]);
        fs::remove_file(db.path()).expect("it is removed");
        is_dead(honker, "found no file");
    }
}

fn is_dead(honker: Honker, found: &str) {
    let ended = honker.end();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let died = &ended.json()[0];
    assert_eq!(died["event"], "died");
    assert_eq!(died["reason"], "replaced");
    let message = died["message"].as_str().expect("text");
    assert!(
        message.starts_with("honker: database file replaced: expected (dev="),
        "{message}"
    );
    assert!(message.contains(found), "{message}");
    assert!(died["monotonic_ns"].is_u64() && died["time"].is_string());
    let complaint = ended.complaint();
    assert!(complaint.contains("database file replaced"), "{complaint}");
    assert!(
        complaint.ends_with("start honker watch again."),
        "{complaint}"
    );
}

#[test]
fn what_was_committed_before_the_death_is_printed_first() {
    let db = TempDb::new(JournalMode::Delete);
    let honker = watch_json(db.path(), &[]);
    db.sql(INSERT);
    honker.commits(1);
    fs::remove_file(db.path()).expect("it is removed");
    assert_eq!(honker.json()["event"], "died");
}

#[test]
fn a_signal_ends_the_watch_with_128_and_its_number() {
    for (signal, code) in [
        (Signal::SIGINT, 130),
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
        (Signal::SIGQUIT, 131),
    ] {
        let db = TempDb::new(JournalMode::Wal);
        let honker = start_watch(db.path(), &[]);
        honker.ready();
        honker.signal(signal);
        let ended = honker.end();
        assert_eq!(ended.code, Some(code), "{signal}");
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let db = TempDb::new(JournalMode::Wal);
    let mut nohup = Command::new("env");
    nohup.args(["--ignore-signal=HUP", HONKER, "watch", "--json"]);
    let honker = Honker::start(nohup.args(["--count", "1"]).arg(db.path()));
    honker.json();
    honker.signal(Signal::SIGHUP);
    db.sql(INSERT);
    assert_eq!(honker.json()["event"], "commit");
    assert_eq!(honker.end().code, Some(0));
}

#[test]
fn when_the_reader_goes_away_the_watch_ends_quietly_without_waiting_for_a_wake() {
    let db = TempDb::new(JournalMode::Wal);
    let mut command = command::command(["watch"]);
    command
        .arg(db.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut honker = Process::spawn(&mut command);
    drop(honker.child().stdout.take());
    assert_eq!(honker.wait(LONG).code(), Some(0));
    let stderr = std::io::read_to_string(honker.child().stderr.take().expect("a pipe"));
    let stderr = stderr.expect("text");
    assert!(
        stderr.lines().all(|line| line.starts_with("watching ")),
        "{stderr}"
    );
}

#[test]
fn a_line_that_cannot_be_written_is_an_error() {
    let db = TempDb::new(JournalMode::Wal);
    let mut command = command::command(["watch", "--json"]);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("a device");
    let output = command
        .arg(db.path())
        .stdout(full)
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.starts_with("honker: cannot write to standard output: "),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn a_reader_that_stalls_delays_neither_signals_nor_the_timeout() {
    for (options, code) in [(&[][..], 143), (&["--timeout", "3s"][..], 124)] {
        let db = TempDb::new(JournalMode::Wal);
        let mut command = command::command(["watch"]);
        command.args(options).arg(db.path());
        let mut honker = Process::spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let unread = honker.child().stdout.take().expect("a pipe");
        let size = rustix::pipe::fcntl_setpipe_size(&unread, 4096).expect("it is smaller now");
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        let full = wait_until(LONG, || {
            writer.exec(conn, INSERT).expect("a commit");
            let waiting = rustix::io::ioctl_fionread(unread.as_fd()).expect("a pipe");
            usize::try_from(waiting).expect("it fits") + 100 > size || !honker.is_running()
        });
        // The time may be over before the pipe is full on a slow machine; then there is nothing more to see.
        if code == 143 {
            assert!(full);
            writer.exec(conn, INSERT).expect("a commit");
            let pid = i32::try_from(honker.pid()).expect("it fits");
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGTERM).expect("sent");
        }
        assert_eq!(honker.wait(LONG).code(), Some(code));
    }
}

/// Takes a lease on a file, and says so; then it says when somebody opens the file. Whoever does waits until the lease
/// is given back, which this never does. The kernel breaks it after `/proc/sys/fs/lease-break-time`, 45 seconds.
const LEASE: &str = "
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, lambda number, frame: print('asked', flush=True))
file = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
except OSError as error:
    print('skipped:', error, flush=True)
else:
    print('leased', flush=True)
    sys.stdin.read()
";

/// Only the backend that lets SQLite open the file waits there.
#[cfg(feature = "data-version")]
#[test]
fn while_opening_hangs_signals_and_the_timeout_still_end_the_watch() {
    for (options, code) in [(&[][..], 130), (&["--timeout", "1s"][..], 124)] {
        let db = TempDb::new(JournalMode::Delete);
        let mut python = Command::new("python3");
        python.args(["-c", LEASE]).arg(db.path());
        let mut lease = Process::spawn(python.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let said = BufReader::new(lease.child().stdout.take().expect("a pipe"));
        let (tell, told) = channel();
        let listening = thread::spawn(move || {
            let lines = said.lines().map_while(Result::ok);
            lines.for_each(|line| drop(tell.send(line)));
        });
        let first = told.recv_timeout(LONG).expect("a line");
        if first != "leased" {
            println!("{first}");
            return;
        }
        let start = Instant::now();
        let backend = ["--backend", "data-version"];
        let honker = start_watch(db.path(), &[&backend[..], options].concat());
        if code == 130 {
            assert_eq!(told.recv_timeout(LONG).expect("a line"), "asked");
            honker.signal(Signal::SIGINT);
        }
        let ended = honker.end();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stderr.is_empty(), "never ready: {ended:?}");
        assert!(start.elapsed() < Duration::from_secs(40), "it waited");
        lease.kill();
        listening.join().expect("it ends");
    }
}

#[test]
fn no_signal_is_handed_to_the_observer_thread_where_it_would_be_lost() {
    let db = TempDb::new(JournalMode::Wal);
    let honker = watch_json(db.path(), &[]);
    let tasks = fs::read_dir(format!("/proc/{}/task", honker.pid())).expect("it runs");
    let read = |path| fs::read_to_string(path).expect("readable");
    let observers: Vec<_> = tasks
        .map(|task| task.expect("an entry").path())
        .filter(|task| read(task.join("comm")).trim() == "honker-observer")
        .collect();
    assert_eq!(observers.len(), 1);
    let status = read(observers[0].join("status"));
    let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    let blocked = u64::from_str_radix(blocked.expect("a mask").trim(), 16).expect("a mask");
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        let bit = 1 << (signal as i32 - 1);
        assert_ne!(blocked & bit, 0, "{signal} is not blocked: {blocked:x}");
    }
}
