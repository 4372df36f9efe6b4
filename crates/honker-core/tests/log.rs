//! What `tracing` is told, and by which thread: never the observer's, since a subscriber is foreign code.

use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::{JournalMode, LONG, TempDb, wait_until};
use std::fmt::{Debug, Write};
use std::sync::{Mutex, OnceLock};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

#[derive(Clone, Debug)]
struct Told {
    level: Level,
    thread: String,
    text: String,
}

/// Keeps every event of honker.
struct Keep;

static KEPT: Mutex<Vec<Told>> = Mutex::new(Vec::new());

/// `name=value` for each field.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Keep {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "honker"
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let thread = std::thread::current().name().unwrap_or("").to_owned();
        KEPT.lock().expect("whole").push(Told {
            level: *event.metadata().level(),
            thread,
            text: fields.0,
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        tracing::subscriber::set_global_default(Keep).expect("nobody else listens");
    });
}

/// Waits until this was told about the database.
fn is_told(db: &TempDb, level: Level, what: &str) {
    let path = db.path().to_str().expect("text");
    let find = || {
        let kept = KEPT.lock().expect("whole").clone();
        let mut about = kept.into_iter().filter(|told| told.text.contains(path));
        about.find(|told| told.level == level && told.text.contains(what))
    };
    let told = wait_until(LONG, || find().is_some());
    assert!(told, "not told: {what}; {KEPT:?}");
    let told = find().expect("it was there");
    assert_eq!(told.thread, "honker-delivery", "{told:?}");
}

fn open(db: &TempDb, backend: WatcherBackend) -> SharedUpdateWatcher {
    let builder = SharedUpdateWatcher::builder(db.path()).backend(backend);
    builder.open().expect("a watcher")
}

#[test]
fn opening_and_closing_are_told_with_the_path_and_the_backend() {
    listen();
    let db = TempDb::new(JournalMode::Wal);
    let watcher = open(&db, WatcherBackend::Polling);
    is_told(&db, Level::INFO, "message=watching");
    is_told(&db, Level::INFO, "backend=\"polling\"");
    drop(watcher);
    is_told(&db, Level::INFO, "message=watcher closed");
}

#[test]
fn a_wake_that_is_not_exact_is_told_with_its_reason() {
    listen();
    let db = TempDb::new(JournalMode::Delete);
    let watcher = open(&db, WatcherBackend::Polling);
    db.journal_mode(JournalMode::Wal);
    is_told(&db, Level::DEBUG, "reason=\"mode_switch\"");
    drop(watcher);
}

#[test]
fn a_death_is_told_as_an_error() {
    listen();
    let db = TempDb::new(JournalMode::Delete);
    let watcher = open(&db, WatcherBackend::Polling);
    std::fs::remove_file(db.path()).expect("removed");
    is_told(&db, Level::ERROR, "database file replaced");
    drop(watcher);
}

#[test]
fn a_backend_that_is_not_built_is_told() {
    listen();
    for backend in [
        WatcherBackend::KernelWatch,
        WatcherBackend::ShmFastPath,
        WatcherBackend::DataVersion,
    ] {
        if backend.is_built() {
            continue;
        }
        let db = TempDb::new(JournalMode::Wal);
        let watcher = open(&db, backend);
        is_told(&db, Level::WARN, "polling instead");
        drop(watcher);
    }
}
