//! What the kernel knows about locks, descriptors and threads is read as it is.

use std::fs::File;
use std::sync::mpsc::channel;

use honker_testkit::locks::{Access, Kind};
use honker_testkit::{CommitLoop, JournalMode, TempDb, Writer, count, fds, locks, threads};

#[test]
fn the_locks_of_a_writer_are_listed_with_their_bytes() {
    let db = TempDb::new(JournalMode::Delete);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    assert!(locks::on(db.path()).is_empty());
    writer.exec(conn, "BEGIN IMMEDIATE").unwrap();
    let held = locks::of(writer.pid(), db.path());
    let seen: Vec<_> = held
        .iter()
        .map(|lock| (lock.kind, lock.access, lock.start, lock.end))
        .collect();
    let (pending, reserved, shared) = (0x4000_0000, 0x4000_0001, 0x4000_0002);
    assert_eq!(
        seen,
        [
            (Kind::Posix, Access::Read, shared, shared + 509),
            (Kind::Posix, Access::Write, reserved, reserved),
        ]
    );
    writer.exec(conn, "COMMIT; BEGIN EXCLUSIVE").unwrap();
    let held = locks::of(writer.pid(), db.path());
    let (first, last) = (held[0].start, held[held.len() - 1].end);
    assert_eq!((first, last), (pending, shared + 509));
    assert!(held.iter().all(|lock| lock.access == Access::Write));
    assert!(locks::of(std::process::id(), db.path()).is_empty());
    writer.exec(conn, "ROLLBACK").unwrap();
    assert!(locks::on(db.path()).is_empty());
}

#[test]
fn the_dead_man_switch_of_the_wal_index_is_seen() {
    let db = TempDb::new(JournalMode::Wal);
    assert!(locks::on(db.shm()).is_empty());
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer.query_i64(conn, "SELECT count(*) FROM t");
    let held = locks::of(writer.pid(), db.shm());
    assert!(
        held.iter()
            .any(|lock| lock.access == Access::Read && lock.start == 128)
    );
}

#[test]
fn a_lock_that_is_not_posix_is_told_apart() {
    let db = TempDb::new(JournalMode::Delete);
    let file = File::open(db.path()).unwrap();
    file.lock_shared().unwrap();
    let held = locks::on(db.path());
    assert_eq!(locks::of(std::process::id(), db.path()), held);
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].kind, held[0].access), (Kind::Flock, Access::Read));
    assert_eq!(held[0].end, u64::MAX);
}

#[test]
fn a_lock_that_stays_is_seen_however_many_come_and_go() {
    let (held, busy) = (
        TempDb::new(JournalMode::Delete),
        TempDb::new(JournalMode::Wal),
    );
    let mut holder = Writer::spawn();
    let conn = holder.open(held.path());
    holder.exec(conn, "BEGIN IMMEDIATE").unwrap();
    // So many locks that the kernel's list does not fit in one page.
    let files: Vec<_> = (0..100)
        .map(|number| File::create(busy.beside(&format!("lock-{number}"))).unwrap())
        .collect();
    for file in &files {
        file.lock().unwrap();
    }
    let mut writer = Writer::spawn();
    let noise = writer.open(busy.path());
    writer.start_commit_loop(CommitLoop {
        conn: noise.0,
        n: u64::MAX,
        sql: "UPDATE t SET n = n + 1".into(),
        for_ms: 100,
        ..CommitLoop::default()
    });
    for _ in 0..count(300, 10_000) {
        assert_eq!(locks::of(holder.pid(), held.path()).len(), 2);
        assert_eq!(locks::on(held.path()).len(), 2);
    }
    writer.loop_report().unwrap();
}

#[test]
fn descriptors_are_listed_with_what_they_lead_to() {
    let db = TempDb::new(JournalMode::Delete);
    let file = File::open(db.path()).unwrap();
    let leads_there = |list: Vec<_>| {
        list.into_iter()
            .filter(|(_, target)| target == db.path())
            .count()
    };
    assert_eq!(leads_there(fds::of(std::process::id())), 1);
    drop(file);
    assert_eq!(leads_there(fds::of(std::process::id())), 0);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer.query_i64(conn, "SELECT count(*) FROM t");
    assert_eq!(leads_there(fds::of(writer.pid())), 1);
    assert_eq!(leads_there(fds::of_thread(writer.pid(), writer.pid())), 1);
    assert!(fds::count() > 2);
}

#[test]
fn threads_are_listed_by_name() {
    let (stop, stopped) = channel::<()>();
    let (started, running) = channel();
    let thread = std::thread::Builder::new().name("seen-by-kernel".into());
    let handle = thread
        .spawn(move || {
            started.send(()).unwrap();
            let _ = stopped.recv();
        })
        .unwrap();
    running.recv().unwrap();
    let list = threads::of(std::process::id());
    assert!(
        list.iter().any(|(_, name)| name == "seen-by-kernel"),
        "{list:?}"
    );
    assert!(threads::count() >= 2);
    drop(stop);
    handle.join().unwrap();
}

#[test]
fn a_dropped_writer_is_gone() {
    let writer = Writer::spawn();
    let process = format!("/proc/{}", writer.pid());
    assert!(std::path::Path::new(&process).exists());
    drop(writer);
    assert!(!std::path::Path::new(&process).exists());
}
