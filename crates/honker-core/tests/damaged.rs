//! No input panics: the corpora of the fuzz targets, and variations of them, on stable Rust.

use honker_core::testing::{LookNow, decode};
use honker_testkit::damaged::{corpus, join, read, split, vary, write};
use honker_testkit::{JournalMode, TempDb, Writer, count, random};
use std::time::Duration;

/// Looks at four files, changed to four others, and back. What is found does not matter here.
fn look_at(db: &TempDb, before: &[u8], after: &[u8]) {
    write(db.path(), split(before));
    // Refused files are no failure: only a panic is.
    let Ok(mut observer) = LookNow::open(db.path()) else {
        return;
    };
    let hour = Duration::from_hours(1);
    for (number, files) in (1..).zip([after, before]) {
        write(db.path(), split(files));
        observer.look_at(hour * number);
        observer.look_at(hour * number + Duration::from_secs(1));
    }
}

#[test]
fn no_bytes_make_a_decoder_panic() {
    let mut rng = random::rng("no_bytes_make_a_decoder_panic");
    let inputs = [corpus("decode"), corpus("files"), corpus("position")].concat();
    for (_, bytes) in &inputs {
        decode(bytes);
        for part in split(bytes).into_iter().flatten() {
            decode(part);
        }
    }
    for _ in 0..count(10_000, 1_000_000) {
        let (_, bytes) = &inputs[rng.usize(..inputs.len())];
        let parts = split(bytes);
        let part = parts[rng.usize(..4)].unwrap_or(bytes);
        decode(&vary(part, &mut rng));
    }
}

#[test]
fn no_state_of_the_files_makes_the_observer_panic() {
    let mut rng = random::rng("no_state_of_the_files_makes_the_observer_panic");
    let inputs = corpus("files");
    let db = TempDb::absent();
    for (_, bytes) in &inputs {
        look_at(&db, bytes, &[]);
    }
    for _ in 0..count(300, 30_000) {
        let (_, first) = &inputs[rng.usize(..inputs.len())];
        let (_, second) = &inputs[rng.usize(..inputs.len())];
        // Parts of two states together, each perhaps varied.
        let mixed = |rng: &mut fastrand::Rng| {
            let (first, second) = (split(first), split(second));
            let mut parts = [0, 1, 2, 3].map(|index| {
                let part = if rng.bool() {
                    first[index]
                } else {
                    second[index]
                };
                part.map(<[u8]>::to_vec)
            });
            for part in parts.iter_mut().flatten() {
                if rng.u8(..3) == 0 {
                    *part = vary(part, rng);
                }
            }
            join(&parts)
        };
        let (before, after) = (mixed(&mut rng), mixed(&mut rng));
        look_at(&db, &before, &after);
    }
}

#[test]
fn what_is_joined_can_be_split_again() {
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    writer
        .exec(conn, "INSERT INTO t(n) VALUES (1)")
        .expect("a commit");
    writer.kill();
    let parts = read(db.path());
    assert!(parts[1].is_none() && parts[2].is_some() && parts[3].is_some());
    let joined = join(&parts);
    assert_eq!(split(&joined).map(|part| part.map(<[u8]>::to_vec)), parts);
}

/// Whole events, of watches that are gone or never were, with any flags and any name, in any order.
#[cfg(target_os = "linux")]
#[test]
fn no_events_of_inotify_make_what_takes_them_in_panic() {
    use honker_core::testing::hear;

    let mut rng = random::rng("no_events_of_inotify_make_what_takes_them_in_panic");
    let inputs = corpus("events");
    let heard = |events: &[u8]| {
        let heard = hear(events).expect("descriptors");
        assert_eq!(heard.sessions.is_none(), heard.overflows > 0);
        heard
    };
    let of = |name: &str| {
        let input = inputs.iter().find(|(path, _)| path.ends_with(name));
        heard(&input.expect("it is in the corpus").1)
    };
    // They are understood, or else nothing would be shown.
    assert_eq!(of("session").sessions, Some(1));
    assert_eq!(of("overflow").overflows, 1);
    assert_eq!((of("written").written, of("renamed").named), (4, 4));
    assert_eq!((of("unwatched").written, of("unwatched").named), (2, 2));
    for _ in 0..count(10_000, 1_000_000) {
        let (_, first) = &inputs[rng.usize(..inputs.len())];
        let (_, second) = &inputs[rng.usize(..inputs.len())];
        heard(&vary(&[&first[..], second].concat(), &mut rng));
    }
}

/// The names in the kernel's events come from anybody.
#[cfg(unix)] // elsewhere names are text
#[test]
fn no_name_beside_a_database_makes_its_watcher_panic_or_wake() {
    use honker_core::{SharedUpdateWatcher, WatcherBackend};
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;

    let mut rng = random::rng("no_name_beside_a_database_makes_its_watcher_panic_or_wake");
    let db = TempDb::new(JournalMode::Wal);
    let watcher = SharedUpdateWatcher::builder(db.path())
        .backend(WatcherBackend::KernelWatch)
        .open()
        .expect("a watcher");
    let mut events = watcher.update_events().expect("a subscription");
    for _ in 0..count(500, 20_000) {
        let stem: &[u8] = [&b"app.db"[..], b"app.db-wal", b"", b"app.db-journal\n"][rng.usize(..4)];
        let mut name = stem.to_vec();
        for _ in 0..rng.usize(1..200) {
            name.push(rng.u8(1..=255));
        }
        name.retain(|byte| *byte != b'/');
        let path = db.beside("x").with_file_name(OsStr::from_bytes(&name));
        if fs::write(&path, "neighbour").is_ok() {
            fs::remove_file(&path).expect("it is there");
        }
    }
    assert_eq!(events.try_recv().expect("alive"), None);
    db.sql("INSERT INTO t(n) VALUES (1)");
    let update = events.recv_timeout(honker_testkit::LONG).expect("alive");
    assert_eq!(update.map(|update| update.commits), Some(1));
}
