//! What honker says through `tracing`, for Python's `logging`.
//!
//! honker's delivery thread only leaves a record here: it takes no GIL and waits for nothing. A thread that the first
//! record starts hands them to the logger "honker". It ends before the interpreter does, which has no place for a
//! thread that comes for the GIL then.

use pyo3::prelude::*;
use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// More records than this are not kept, should `logging` hang: the oldest go, and are counted.
const LIMIT: usize = 256;

/// How long the interpreter's end waits for a handler of `logging` that hangs.
const PATIENCE: Duration = Duration::from_secs(1);

static WAITING: Mutex<Waiting> = Mutex::new(Waiting {
    records: VecDeque::new(),
    thread: None,
    is_ending: false,
});
static LEFT: Condvar = Condvar::new();
static ENDED: Condvar = Condvar::new();
static LOST: AtomicU64 = AtomicU64::new(0);
/// The lowest level that any database was opened with, as Python numbers it.
static WANTED: AtomicU8 = AtomicU8::new(u8::MAX);

struct Waiting {
    records: VecDeque<(u8, String)>,
    /// The process that has the thread. A child made by fork starts its own.
    thread: Option<u32>,
    /// The interpreter is about to end.
    is_ending: bool,
}

/// Python's numbers of the levels.
const LEVELS: [(Level, u8); 5] = [
    (Level::ERROR, 40),
    (Level::WARN, 30),
    (Level::INFO, 20),
    (Level::DEBUG, 10),
    (Level::TRACE, 5),
];

fn number(level: Level) -> u8 {
    let known = LEVELS.iter().find(|(known, _)| *known == level);
    known.map_or(40, |(_, number)| *number)
}

/// Has honker say what `logging` wants to hear: nothing below `level`, by Python's numbers.
#[pyfunction]
pub(crate) fn set_log_level(level: u64) {
    let level = u8::try_from(level).unwrap_or(u8::MAX);
    if WANTED.fetch_min(level, Ordering::SeqCst) <= level {
        return;
    }
    // Refused the second time, when it is there already.
    let _ = tracing::subscriber::set_global_default(ToLogging);
    tracing::callsite::rebuild_interest_cache();
}

struct ToLogging;

impl Subscriber for ToLogging {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        number(*metadata.level()) >= WANTED.load(Ordering::Relaxed)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let wanted = WANTED.load(Ordering::Relaxed);
        let lowest = LEVELS.iter().rev().find(|(_, number)| *number >= wanted);
        Some(lowest.map_or(LevelFilter::OFF, |(level, _)| {
            LevelFilter::from_level(*level)
        }))
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        leave(
            number(*event.metadata().level()),
            text.message + &text.fields,
        );
    }

    // honker has no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

fn leave(level: u8, text: String) {
    // Never waits: after a fork the lock may be held by a thread that does not exist here.
    let Ok(mut waiting) = WAITING.try_lock() else {
        LOST.fetch_add(1, Ordering::Relaxed);
        return;
    };
    if waiting.is_ending {
        return;
    }
    if waiting.records.len() >= LIMIT {
        waiting.records.pop_front();
        LOST.fetch_add(1, Ordering::Relaxed);
    }
    waiting.records.push_back((level, text));
    let process = std::process::id();
    if waiting.thread != Some(process) {
        let thread = std::thread::Builder::new().name("honker-logging".to_owned());
        // Without it only the log is silent.
        waiting.thread = thread.spawn(hand_over).is_ok().then_some(process);
    }
    drop(waiting);
    LEFT.notify_one();
}

fn hand_over() {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if !waiting.records.is_empty() {
            let records = std::mem::take(&mut waiting.records);
            drop(waiting);
            let lost = LOST.swap(0, Ordering::Relaxed);
            let told = Python::try_attach(|py| {
                for (level, text) in records {
                    tell(py, level, &text);
                }
                if lost > 0 {
                    tell(py, 30, &format!("{lost} records of the log were lost"));
                }
            });
            waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.is_ending |= told.is_none();
        } else if waiting.is_ending {
            waiting.thread = None;
            drop(waiting);
            ENDED.notify_all();
            return;
        } else {
            waiting = LEFT.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Tells what is left, and lets nothing more come: called by the interpreter before it ends.
#[pyfunction]
pub(crate) fn end_log(py: Python<'_>) {
    let process = std::process::id();
    py.detach(|| {
        // A lock that is held belongs to somebody who is soon done, or to a thread that a fork has left behind.
        let Ok(mut waiting) = WAITING.try_lock() else {
            return;
        };
        waiting.is_ending = true;
        LEFT.notify_one();
        let is_running = |waiting: &mut Waiting| waiting.thread == Some(process);
        drop(ENDED.wait_timeout_while(waiting, PATIENCE, is_running));
    });
}

fn tell(py: Python<'_>, level: u8, text: &str) {
    let told = py
        .import("logging")
        .and_then(|logging| logging.call_method1("getLogger", ("honker",)))
        .and_then(|logger| logger.call_method1("log", (level, "%s", text)));
    if let Err(error) = told {
        // As Python does with an exception that has nowhere to go.
        error.write_unraisable(py, None);
    }
}
