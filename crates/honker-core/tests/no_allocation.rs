//! `look()` does not allocate: a process that watches many databases each millisecond leaves the heap alone.

#![cfg(unix)]
// on Windows each look has to spell out its paths

// A global allocator can't be written without it; it passes everything on to the system's.
#![allow(unsafe_code)]

use honker_core::testing::{Look, LookNow};
use honker_testkit::{JournalMode, Synchronous, TempDb, Writer, count};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

/// Counts what each thread asks for, by itself: the test harness's threads disturb nobody.
struct Counting;

thread_local! {
    // Made without allocating, and without anything to drop.
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

fn asked() {
    ASKED.set(ASKED.get() + 1);
}

// SAFETY: each call is the system allocator's own, with the arguments unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        asked();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        asked();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        asked();
        // SAFETY: as above.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        asked();
        // SAFETY: as above.
        unsafe { System.dealloc(old, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` does with the heap on this thread: allocations, reallocations and releases.
fn heap_calls<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = ASKED.get();
    let result = work();
    (result, ASKED.get() - before)
}

#[test]
fn the_counter_counts() {
    let boxed = || drop(black_box(Box::new([1_u8; 64])));
    assert_eq!(heap_calls(boxed).1, 2, "made and released");
    assert_eq!(heap_calls(|| black_box([1_u8; 64])).1, 0);
    // What other threads do is theirs: starting one is counted, the thousand boxes in it are not.
    let ((), calls) = heap_calls(|| {
        let busy = || (0..1000).for_each(|n| drop(black_box(Box::new(n))));
        std::thread::spawn(busy).join().expect("no panic");
    });
    assert!(calls < 100, "{calls}");
}

#[test]
fn an_idle_look_does_not_allocate() {
    let looks = count(50_000, 1_000_000);
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        for connected in [false, true] {
            if connected {
                let conn = writer.open_in(db.path(), mode, Synchronous::Off);
                writer
                    .exec(conn, "INSERT INTO t(n) VALUES (1)")
                    .expect("a commit");
            }
            let mut observer = LookNow::open(db.path()).expect("opened");
            let (found, calls) = heap_calls(|| {
                let mut others = (0..looks).map(|_| observer.look());
                others.find(|look| *look != Look::Same)
            });
            assert_eq!(found, None, "{mode}: nothing happened");
            assert_eq!(calls, 0, "{mode}, connected={connected}");
        }
    }
}

#[test]
fn a_look_that_finds_commits_does_not_allocate() {
    let commits = count(300, 20_000);
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Off);
        let mut observer = LookNow::open(db.path()).expect("opened");
        for made in 0..commits {
            writer
                .exec(conn, "INSERT INTO t(n) VALUES (1)")
                .expect("a commit");
            let (look, calls) = heap_calls(|| observer.look());
            assert!(
                matches!(look, Look::Commits { commits: 1, .. }),
                "{mode} {made}: {look:?}"
            );
            assert_eq!(calls, 0, "{mode}, commit {made}");
            assert_eq!(heap_calls(|| observer.look()), (Look::Same, 0), "{mode}");
        }
    }
}

#[test]
fn a_look_beside_a_writer_at_work_does_not_allocate() {
    let rounds = count(50, 2000);
    // Spilled, so that pages and a journal are on the disk before the commit.
    let spill = "PRAGMA cache_size=5; INSERT INTO t(body) VALUES (randomblob(100000))";
    let work = [
        "BEGIN IMMEDIATE",
        spill,
        "COMMIT",
        "BEGIN EXCLUSIVE",
        spill,
        "COMMIT",
        "DELETE FROM t WHERE id > 1",
        "PRAGMA wal_checkpoint(PASSIVE)",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ];
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Off);
        let mut observer = LookNow::open(db.path()).expect("opened");
        let mut found = 0;
        for round in 0..rounds {
            for sql in work {
                writer.exec(conn, sql).expect(sql);
                let (look, calls) = heap_calls(|| observer.look());
                assert_eq!(calls, 0, "{mode}, round {round}, after {sql}: {look:?}");
                found += u64::from(matches!(look, Look::Commits { .. }));
            }
        }
        assert_eq!(found, 3 * rounds as u64, "{mode}");
    }
}

/// In WAL each session makes a new `-wal` and a new `-shm`, and its end removes them.
#[test]
fn a_look_at_sessions_that_come_and_go_does_not_allocate() {
    let sessions = count(50, 2000) as u64;
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let mut observer = LookNow::open(db.path()).expect("opened");
        let mut found = 0;
        for session in 0..sessions {
            let mut look = |when: &str| {
                let (look, calls) = heap_calls(|| observer.look());
                assert_eq!(calls, 0, "{mode}, session {session} {when}: {look:?}");
                found += u64::from(matches!(look, Look::Commits { .. }));
            };
            let conn = writer.open_in(db.path(), mode, Synchronous::Off);
            look("opened");
            writer
                .exec(conn, "INSERT INTO t(n) VALUES (1)")
                .expect("a commit");
            look("committed");
            writer.close(conn);
            look("closed");
        }
        assert_eq!(found, sessions, "{mode}");
    }
}
