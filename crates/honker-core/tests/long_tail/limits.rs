//! The limits of inotify: what reaches one says which, and polls where that was allowed.

use crate::watching;
use crate::{INSERT, open};
use honker_core::{Error, ErrorKind, SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::{
    JournalMode, LONG, NOBODY_ELSE, Own, TempDb, Writer, alone_with, argument, as_user, start_as,
    wait_until,
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

const WATCHERS: usize = 150;
const INSTANCES: &str = "/proc/sys/fs/inotify/max_user_instances";

/// A process that takes every inotify instance that its user may have, and keeps them until its input ends.
const HOG: &str = "\
import ctypes, resource, sys
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
libc = ctypes.CDLL(None)
taken = 0
while libc.inotify_init1(0) >= 0:
    taken += 1
print(taken, flush=True)
sys.stdin.read()";

/// Takes them all; gives the process, and how many it got.
fn hog() -> Option<(Child, u64)> {
    let mut child = as_user(NOBODY_ELSE, Path::new("python3"))?
        .args(["-c", HOG])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("piped");
    BufReader::new(output).read_line(&mut line).expect("a line");
    Some((child, line.trim().parse().expect("a number")))
}

/// Databases that anybody may read, half of them in WAL mode.
fn databases(place: &Path) -> Vec<PathBuf> {
    let templates = [JournalMode::Delete, JournalMode::Wal].map(TempDb::new);
    (0..WATCHERS)
        .map(|number| {
            let path = place.join(format!("{number}.db"));
            fs::copy(templates[number % 2].path(), &path).expect("a copy");
            path
        })
        .collect()
}

fn value(setting: &str) -> u64 {
    let text = fs::read_to_string(setting).expect("Linux has it");
    text.trim().parse().expect("a number")
}

fn refused(path: &Path) -> Error {
    let kernel = SharedUpdateWatcher::builder(path).backend(WatcherBackend::KernelWatch);
    kernel.open().expect_err("a limit is reached")
}

fn polls(path: &Path, backend: WatcherBackend) -> (SharedUpdateWatcher, UpdateEvents) {
    let watcher = SharedUpdateWatcher::builder(path)
        .backend(backend)
        // So many of them, twice.
        .poll_interval(Duration::from_millis(20))
        .open()
        .expect("polling needs no inotify");
    let events = watcher.update_events().expect("a subscription");
    assert_eq!(watcher.backend(), WatcherBackend::Polling);
    (watcher, events)
}

/// One of the two processes.
fn watch_150(place: &Path) {
    let path = |number: usize| place.join(format!("{number}.db"));
    let told = format!("fs.inotify.max_user_instances is {}", value(INSTANCES));
    let error = refused(&path(0));
    assert_eq!(error.kind(), ErrorKind::LimitReached, "{error}");
    assert!(error.to_string().contains(&told), "{error}");
    let watchers: Vec<_> = (0..WATCHERS)
        .map(|number| match number % 3 {
            0 => polls(&path(number), WatcherBackend::Polling),
            _ => polls(&path(number), WatcherBackend::Auto),
        })
        .collect();
    for (number, (watcher, _)) in watchers.iter().enumerate() {
        let why = watcher.stats().fallback;
        let says = why.is_some_and(|why| why.contains(&told));
        assert_eq!(says, number % 3 != 0, "{:#?}", watcher.stats());
    }
    fs::write(place.join("ready"), "").expect("written");
    for (number, (watcher, mut events)) in watchers.into_iter().enumerate() {
        let update = events.recv_timeout(LONG).expect("alive");
        assert!(update.is_some(), "{number}: {:#?}", watcher.stats());
    }
    fs::write(place.join("done"), "").expect("written");
    let works = || {
        let kernel = SharedUpdateWatcher::builder(path(0)).backend(WatcherBackend::KernelWatch);
        kernel.open().is_ok()
    };
    assert!(wait_until(LONG, works), "the instances are back");
}

#[test]
fn with_every_inotify_instance_used_up_150_watchers_in_each_of_two_processes_work_or_say_why() {
    if let Some(place) = argument() {
        return watch_150(&place);
    }
    let places = [TempDb::absent(), TempDb::absent()];
    for place in &places {
        fs::set_permissions(place.dir(), fs::Permissions::from_mode(0o777)).expect("own");
    }
    let databases = places.each_ref().map(|place| databases(place.dir()));
    let Some((mut hog, taken)) = hog() else {
        return;
    };
    println!("{taken} instances taken, of {}", value(INSTANCES));
    let both = places
        .each_ref()
        .map(|place| start_as(NOBODY_ELSE, place.dir()).expect("as before"));
    let told = |what: &str| {
        let told = || places.iter().all(|place| place.beside(what).exists());
        wait_until(LONG * 2, told)
    };
    let mut all_well = told("ready");
    if all_well {
        let mut writer = Writer::spawn();
        for path in databases.iter().flatten() {
            let conn = writer.open(path);
            writer.exec(conn, INSERT).expect("a commit");
            writer.close(conn);
        }
        all_well = told("done");
    }
    drop(hog.stdin.take());
    hog.wait().expect("its end");
    // What went wrong, they say.
    both.into_iter().for_each(honker_testkit::Again::finish);
    assert!(all_well, "in time");
}

/// Of a namespace of its own: nobody else's.
fn limit(setting: &str, value: u64) {
    let path = Path::new("/proc/sys/user").join(setting);
    fs::write(path, value.to_string()).expect("root of the namespace may");
}

fn expect_refusal_and_polling(db: &TempDb, mode: JournalMode, told: &str) {
    let error = refused(db.path());
    assert_eq!(error.kind(), ErrorKind::LimitReached, "{error}");
    assert!(error.to_string().contains(told), "{error}");
    let probe = honker_core::probe(db.path()).expect("a diagnosis");
    for verdict in probe.backends {
        let kernel = verdict.backend == WatcherBackend::KernelWatch;
        assert!(!kernel || verdict.reason.contains(told), "{verdict:?}");
    }
    let (watcher, mut events) = polls(db.path(), WatcherBackend::Auto);
    let why = watcher.stats().fallback.expect("a reason");
    assert!(why.contains(told), "{why}");
    db.sql(INSERT);
    assert!(events.recv_timeout(LONG).expect("alive").is_some());
    for backend in watching::backends(mode) {
        if backend != WatcherBackend::KernelWatch {
            let (_watcher, mut events) = open(db.path(), backend);
            db.sql(INSERT);
            assert!(events.recv_timeout(LONG).expect("alive").is_some());
        }
    }
}

#[test]
fn without_an_inotify_instance_kernel_names_the_setting_and_auto_polls() {
    if !alone_with(Own::Limits) {
        return;
    }
    limit("max_inotify_instances", 0);
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        let db = TempDb::new(mode);
        expect_refusal_and_polling(&db, mode, "(user.max_inotify_instances is 0)");
    }
}

#[test]
fn without_an_inotify_watch_kernel_names_the_setting_and_auto_polls() {
    if !alone_with(Own::Limits) {
        return;
    }
    for mode in [JournalMode::Delete, JournalMode::Wal] {
        // None for the directory, or none for the file in it.
        for watches in [0, 1] {
            limit("max_inotify_watches", watches);
            let db = TempDb::new(mode);
            let told = format!("(user.max_inotify_watches is {watches})");
            expect_refusal_and_polling(&db, mode, &told);
        }
    }
}

#[test]
fn a_watcher_that_finds_no_inotify_watch_for_a_new_log_polls_and_says_why() {
    if !alone_with(Own::Limits) {
        return;
    }
    // The directory twice (for names, and for sessions), and the database.
    limit("max_inotify_watches", 3);
    for backend in [WatcherBackend::KernelWatch, WatcherBackend::Auto] {
        let db = TempDb::new(JournalMode::Wal);
        let (watcher, mut events) = open(db.path(), backend);
        assert_eq!(watcher.backend(), WatcherBackend::KernelWatch);
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        for _ in 0..5 {
            writer.exec(conn, INSERT).expect("a commit");
            assert!(events.recv_timeout(LONG).expect("alive").is_some());
        }
        let stats = watcher.stats();
        assert_eq!(stats.effective, WatcherBackend::Polling, "{stats:#?}");
        let why = stats.fallback.expect("a reason");
        assert!(why.contains("(user.max_inotify_watches is 3)"), "{why}");
        assert_eq!(stats.commits, 5);
    }
}
