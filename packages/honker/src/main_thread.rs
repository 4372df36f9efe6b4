//! Waiting on the main thread, which alone runs Python's signal handlers: so a signal, too, has to end the sleep.
//!
//! Python writes the number of each signal to the descriptor of `signal.set_wakeup_fd`. While the main thread waits here
//! that is a socket of ours. Native code puts it there and takes it away, because no handler runs, and raises, in that:
//! a descriptor that stayed behind would be written to when its number is somebody's database.

use honker_bell::Pair;
use honker_core::{RecvError, Update, UpdateEvents};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// Waits for `events`, until the deadline or until a signal handler raises.
pub(crate) fn wait(
    py: Python<'_>,
    events: &mut UpdateEvents,
    deadline: Option<Instant>,
) -> PyResult<Result<Option<Update>, RecvError>> {
    let left = || deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let ready = events.try_recv();
    if !matches!(ready, Ok(None)) {
        return Ok(ready);
    }
    py.check_signals()?;
    if left().is_some_and(|left| left.is_zero()) {
        return Ok(ready);
    }
    let bell = bell()?;
    let Some(mut hearing) = Hearing::start(py, bell)? else {
        // An interpreter that runs no signal handlers has no Ctrl-C either.
        return Ok(crate::subscription::wait_detached(py, events, deadline));
    };
    let waker = Waker::from(Arc::new(Ringer(bell)));
    let process = std::process::id();
    loop {
        if let Poll::Ready(received) = events.poll_recv(&mut Context::from_waker(&waker)) {
            return Ok(received.map(Some));
        }
        let waited = py.check_signals().and_then(|()| {
            if std::process::id() != process {
                // A handler has forked, and this is the child: asked again, the subscription says so.
                return Ok(true);
            }
            let left = left();
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(false);
            }
            py.detach(|| sleep(bell, left))?;
            hearing.hear();
            Ok(true)
        });
        if !matches!(waited, Ok(true)) {
            events.cancel_poll();
            return waited.map(|_| Ok(None));
        }
    }
}

thread_local! {
    /// Of this thread in this process. Never closed: a signal may write to it at any time.
    static BELL: Cell<Option<(u32, &'static Pair)>> = const { Cell::new(None) };
}

fn bell() -> io::Result<&'static Pair> {
    let process = std::process::id();
    match BELL.get() {
        Some((owner, bell)) if owner == process => Ok(bell),
        // A child made by fork shares its parent's.
        _ => {
            let bell: &Pair = Box::leak(Box::new(Pair::new()?));
            BELL.set(Some((process, bell)));
            Ok(bell)
        }
    }
}

struct Ringer(&'static Pair);

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        self.0.sound();
    }
}

/// While it exists, signals make the bell readable.
struct Hearing<'py> {
    py: Python<'py>,
    bell: &'static Pair,
    process: u32,
    /// Where Python told signals before.
    before: i64,
    /// The signals that came: whoever was to be told of them is told at the end.
    signals: BTreeSet<u8>,
}

impl<'py> Hearing<'py> {
    /// `None`: this interpreter runs no signal handlers.
    fn start(py: Python<'py>, bell: &'static Pair) -> PyResult<Option<Self>> {
        match set_wakeup_fd(py, bell.ringing_number()) {
            Ok(before) => Ok(Some(Self {
                py,
                bell,
                process: std::process::id(),
                before,
                signals: BTreeSet::new(),
            })),
            Err(error) if error.is_instance_of::<PyValueError>(py) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn hear(&mut self) {
        if std::process::id() != self.process {
            // A child made by fork would read what its parent waits for.
            return;
        }
        let signals = &mut self.signals;
        self.bell
            .quiet(|bytes| signals.extend(bytes.iter().filter(|&&byte| byte != 0)));
    }
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        let own = self.bell.ringing_number();
        match set_wakeup_fd(self.py, self.before) {
            // A handler has set it anew meanwhile: that stays.
            Ok(other) if other != own => drop(set_wakeup_fd(self.py, other)),
            Ok(_) => {}
            // What was there before is closed.
            Err(_) => drop(set_wakeup_fd(self.py, -1)),
        }
        self.hear();
        if self.before >= 0 && !self.signals.is_empty() {
            let signals: Vec<u8> = self.signals.iter().copied().collect();
            // As Python itself does: one that is full or closed is not told.
            let _ = write(self.py, self.before, &signals);
        }
        if self.before == own {
            // This wait was in a signal handler, and may have read what the one that it interrupted waits for.
            self.bell.sound();
        }
    }
}

/// Python's own `signal.set_wakeup_fd`, which is native. Called only where it is imported already, or may raise.
fn set_wakeup_fd(py: Python<'_>, fd: i64) -> PyResult<i64> {
    static SET_WAKEUP_FD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let options = PyDict::new(py);
    options.set_item("warn_on_full_buffer", false)?;
    SET_WAKEUP_FD
        .import(py, "_signal", "set_wakeup_fd")?
        .call((fd,), Some(&options))?
        .extract()
}

fn write(py: Python<'_>, fd: i64, bytes: &[u8]) -> PyResult<()> {
    #[cfg(windows)]
    if let Some(sent) = send(py, fd, bytes)? {
        return Ok(sent);
    }
    let os = py.import("os")?;
    os.call_method1("write", (fd, PyBytes::new(py, bytes)))?;
    Ok(())
}

/// To a socket, which is no file on Windows. `None`: it is none.
#[cfg(windows)]
fn send(py: Python<'_>, fd: i64, bytes: &[u8]) -> PyResult<Option<()>> {
    let number = PyDict::new(py);
    number.set_item("fileno", fd)?;
    let socket = py.import("socket")?.getattr("socket")?;
    let Ok(socket) = socket.call((), Some(&number)) else {
        return Ok(None);
    };
    let sent = socket.call_method1("send", (PyBytes::new(py, bytes),));
    // It is somebody else's, and stays open.
    socket.call_method0("detach")?;
    sent.map(|_| Some(()))
}

const DAY: Duration = Duration::from_hours(24);

fn sleep(bell: &Pair, left: Option<Duration>) -> io::Result<()> {
    // Some systems count milliseconds, and not beyond 24 days of them: then it is asked again.
    let timeout = left.and_then(|left| Timespec::try_from(left.min(DAY)).ok());
    let hears = bell.hears();
    let mut fds = [PollFd::new(&hears, PollFlags::IN)];
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
