//! A watcher that was suspended (SIGSTOP, a laptop's lid, a frozen container): one wake for all that was missed.

mod command;

use command::{Honker, watch_json};
use honker_testkit::{
    Conn, JournalMode, LONG, Synchronous, TempDb, Writer, full_counts, sidecar, wait_until,
};
use nix::sys::signal::Signal;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const INSERT: &str = "INSERT INTO t(n) VALUES (1)";

fn watch(db: &Path, backend: &str) -> Honker {
    watch_json(db, &["--backend", backend])
}

/// A database, who watches it, and how often it was written while they were suspended.
struct Scene {
    mode: JournalMode,
    /// Kept until the end.
    _db: TempDb,
    honkers: Vec<(&'static str, Honker)>,
    writer: Writer,
    conn: Conn,
    missed: u64,
}

impl Scene {
    fn new(mode: JournalMode, backends: &[&'static str]) -> Self {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Off);
        let honkers = backends
            .iter()
            .map(|backend| (*backend, watch(db.path(), backend)));
        Self {
            mode,
            honkers: honkers.collect(),
            _db: db,
            writer,
            conn,
            missed: 0,
        }
    }

    fn commit(&mut self) {
        self.writer.exec(self.conn, INSERT).expect("a commit");
    }
}

#[test]
fn a_watcher_that_was_suspended_for_seconds_wakes_once_for_what_it_missed_with_every_backend() {
    let suspended = Duration::from_secs(if full_counts() { 10 } else { 2 });
    let mut scenes: Vec<_> = JournalMode::ALL
        .into_iter()
        .map(|mode| {
            let all: &[&str] = if mode.is_wal() {
                &["polling", "kernel", "shm", "auto"]
            } else {
                &["polling", "kernel", "auto"]
            };
            Scene::new(mode, all)
        })
        // Its connection is one of the database's own, so it gets one to itself.
        .chain(
            [JournalMode::Delete, JournalMode::Wal].map(|mode| Scene::new(mode, &["data-version"])),
        )
        .collect();
    for (_, honker) in scenes.iter().flat_map(|scene| &scene.honkers) {
        honker.stop();
    }
    let until = Instant::now() + suspended;
    while Instant::now() < until {
        for scene in &mut scenes {
            scene.commit();
            scene.missed += 1;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    for scene in &mut scenes {
        for (backend, honker) in &scene.honkers {
            honker.cont();
            let wake = honker.json();
            let about = format!("{}, {backend}: {} missed, {wake}", scene.mode, scene.missed);
            assert_eq!(wake["event"], "commit", "{about}");
            if *backend != "data-version" {
                assert_eq!(
                    (&wake["commits"], &wake["exact"]),
                    (&scene.missed.into(), &true.into()),
                    "{about}"
                );
            }
        }
        // The next wake is the next commit: there was one for all that was missed.
        scene.commit();
        for (backend, honker) in &scene.honkers {
            let wake = honker.json();
            assert_eq!(
                (&wake["seq"], &wake["commits"]),
                (&2.into(), &1.into()),
                "{}, {backend}",
                scene.mode
            );
        }
    }
}

/// The last of the statistics, as `name=value`.
fn statistic(honker: &Honker, name: &str) -> u64 {
    honker.signal(Signal::SIGUSR1);
    let line = loop {
        let line = honker.error_line();
        if line.starts_with("stats: ") {
            break line;
        }
    };
    let value = line
        .split(' ')
        .find_map(|field| field.strip_prefix(&format!("{name}=")));
    value
        .unwrap_or_else(|| panic!("{line}"))
        .parse()
        .expect("a number")
}

/// More events than the kernel keeps for one that does not read them; `None` where that would take too many.
fn more_events_than_are_kept() -> Option<u64> {
    let kept = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").expect("Linux has it");
    let kept: u64 = kept.trim().parse().expect("a number");
    if kept > 100_000 {
        println!("skipped: fs.inotify.max_queued_events is {kept}");
        return None;
    }
    Some((kept + 1000).max(20_000))
}

/// That the queue overflowed is its last event: there is much to read before.
fn wait_for_the_overflow(honker: &Honker) {
    let overflowed = || statistic(honker, "overflows") == 1;
    assert!(wait_until(LONG, overflowed), "the queue overflowed, once");
}

#[test]
fn suspended_through_20000_events_the_kernel_backend_wakes_once() {
    let Some(events) = more_events_than_are_kept() else {
        return;
    };
    let mut scene = Scene::new(JournalMode::Delete, &["kernel"]);
    let (_, honker) = scene.honkers.remove(0);
    honker.stop();
    // Each commit makes three at least: the journal appears, the database is written, the journal goes.
    while scene.missed * 3 < events {
        scene.commit();
        scene.missed += 1;
    }
    println!(
        "{} commits, {} events or more",
        scene.missed,
        scene.missed * 3
    );
    honker.cont();
    let wake = honker.json();
    assert_eq!(
        (&wake["seq"], &wake["event"]),
        (&1.into(), &"commit".into()),
        "{wake}"
    );
    let commits = wake["commits"].as_u64().expect("a number");
    assert!(
        commits >= 1 && commits <= scene.missed,
        "{wake}, {} missed",
        scene.missed
    );
    if wake["exact"] == true {
        assert_eq!(commits, scene.missed);
    }
    assert_eq!(statistic(&honker, "wakes"), 1);
    wait_for_the_overflow(&honker);
    scene.commit();
    assert_eq!(honker.json()["seq"], 2);
}

/// Sessions that came and went, their logs with them: nothing outside tells how many commits they made.
#[test]
fn suspended_through_20000_events_of_sessions_in_wal_one_conservative_wake_is_counted() {
    let Some(events) = more_events_than_are_kept() else {
        return;
    };
    let db = TempDb::new(JournalMode::Wal);
    let honker = watch(db.path(), "kernel");
    honker.stop();
    let mut writer = Writer::spawn();
    // Each makes five at least: two sidecars appear and go, and the database is written.
    let sessions = events / 5 + 1;
    for _ in 0..sessions {
        let conn = writer.open(db.path());
        let sql = format!("PRAGMA synchronous=OFF; {INSERT}");
        writer.exec(conn, &sql).expect("a commit");
        writer.close(conn);
    }
    honker.cont();
    let wake = honker.json();
    assert_eq!(
        (&wake["seq"], &wake["exact"]),
        (&1.into(), &false.into()),
        "{wake}"
    );
    wait_for_the_overflow(&honker);
    assert_eq!(statistic(&honker, "wakes"), 1);
    assert_eq!(statistic(&honker, "conservative.unseen_session"), 1);
    let conn = writer.open(db.path());
    writer.exec(conn, INSERT).expect("a commit");
    assert_eq!(honker.json()["seq"], 2);
}

/// The event that the log was created is among those that were lost.
#[test]
fn after_an_overflow_the_files_that_appeared_meanwhile_are_watched_as_well() {
    let Some(events) = more_events_than_are_kept() else {
        return;
    };
    let db = TempDb::new(JournalMode::Wal);
    let honker = watch(db.path(), "kernel");
    honker.stop();
    for number in 0..=events / 2 {
        let neighbour = db.beside(&format!("neighbour-{}", number % 2));
        fs::write(&neighbour, "").expect("a file");
        fs::remove_file(&neighbour).expect("removed");
    }
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer.exec(conn, INSERT).expect("a commit");
    assert!(sidecar(db.path(), "-wal").exists());
    honker.cont();
    assert_eq!(honker.json()["commits"], 1);
    wait_for_the_overflow(&honker);
    // The commit's own event was lost, so that a sweep may have been what found it.
    let found = statistic(&honker, "sweeps_found");
    // Each when the watcher has come to rest, so that only an event can hasten the next look.
    for _ in 0..10 {
        let sweeps = statistic(&honker, "sweeps");
        assert!(wait_until(LONG, || statistic(&honker, "sweeps") > sweeps));
        writer.exec(conn, INSERT).expect("a commit");
        assert_eq!(honker.json()["commits"], 1);
    }
    assert_eq!(
        statistic(&honker, "sweeps_found"),
        found,
        "found through events"
    );
}
