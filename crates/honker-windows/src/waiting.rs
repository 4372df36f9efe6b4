//! Waiting for a ring, for changes of directories, or for a time.

use crate::changes::Changes;
use crate::owned;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::ptr::null;
use std::sync::Arc;
use std::time::Duration;
use windows_sys::Win32::Foundation::{FILETIME, WAIT_OBJECT_0};
use windows_sys::Win32::System::Threading::{
    CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, CreateEventW, CreateWaitableTimerExW, GetCurrentThread,
    GetThreadTimes, INFINITE, SetEvent, SetWaitableTimer, TIMER_ALL_ACCESS, WaitForMultipleObjects,
};

/// An event object that any thread may set, and that a [`wait`] which it ends resets. A clone is the same event.
#[derive(Clone, Debug)]
pub struct Event(Arc<OwnedHandle>);

impl Event {
    /// A new event, not set.
    ///
    /// # Errors
    ///
    /// What the system reports when it has no handle left.
    pub fn new() -> io::Result<Self> {
        event(false).map(|handle| Self(Arc::new(handle)))
    }

    /// Ends the wait that is under way, or the next one.
    pub fn set(&self) {
        // SAFETY: the handle is open as long as `self` lives.
        unsafe { SetEvent(self.0.as_raw_handle()) };
    }
}

/// A waitable timer, of high resolution where the system has those (Windows 10 1803 and later).
#[derive(Debug)]
pub struct Timer(OwnedHandle);

impl Timer {
    /// A new timer.
    ///
    /// # Errors
    ///
    /// What the system reports when it has no handle left.
    pub fn new() -> io::Result<Self> {
        let create = |flags| {
            // SAFETY: no attributes and no name, which is allowed; the result is checked.
            let handle = unsafe { CreateWaitableTimerExW(null(), null(), flags, TIMER_ALL_ACCESS) };
            owned(handle)
        };
        create(CREATE_WAITABLE_TIMER_HIGH_RESOLUTION)
            .or_else(|_| create(0))
            .map(Self)
    }

    fn start(&self, timeout: Duration) -> bool {
        // In steps of 100 ns; a negative number is a time from now.
        let steps = timeout.as_nanos().div_ceil(100);
        let due = -i64::try_from(steps).unwrap_or(i64::MAX);
        // SAFETY: the handle is open, `due` lives through the call, and there is no routine to run.
        let started =
            unsafe { SetWaitableTimer(self.0.as_raw_handle(), &raw const due, 0, None, null(), 0) };
        started != 0
    }
}

/// What ended a [`wait`]. Neither: the time, or nothing at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// The event was set. It is not any more.
    pub rung: bool,
    /// There may be changes to drain.
    pub changed: bool,
}

/// A timer is never so late.
const LATE: Duration = Duration::from_millis(50);

/// Waits for the event, for changes, or for the time to pass, whichever comes first. Without a timer the time is rounded
/// up as the system does it, to about 16 ms.
#[must_use]
pub fn wait(
    event: &Event,
    changes: Option<&Changes>,
    timer: Option<&Timer>,
    timeout: Option<Duration>,
) -> Woken {
    let mut handles = [event.0.as_raw_handle(); 3];
    let mut count = 1;
    if let Some(changes) = changes {
        handles[count] = changes.event().as_raw_handle();
        count += 1;
    }
    let milliseconds = match (timeout, timer) {
        (None, _) => INFINITE,
        (Some(Duration::ZERO), _) => 0,
        (Some(timeout), Some(timer)) if timer.start(timeout) => {
            handles[count] = timer.0.as_raw_handle();
            count += 1;
            // Should it not go off, the wait ends all the same.
            in_milliseconds(timeout.saturating_add(LATE))
        }
        (Some(timeout), _) => in_milliseconds(timeout),
    };
    let number = u32::try_from(count).unwrap_or(1);
    // SAFETY: the first `count` handles are open as long as what they were borrowed from, which is through the call.
    let woken = unsafe { WaitForMultipleObjects(number, handles.as_ptr(), 0, milliseconds) };
    // The first of those that are ready is told, and only that one is reset: changes may wait behind a ring.
    let changed = changes.is_some_and(Changes::is_ready);
    Woken {
        rung: woken == WAIT_OBJECT_0,
        changed,
    }
}

/// Rounded up; some 50 days at most, after which the caller waits again.
fn in_milliseconds(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(INFINITE - 1)
}

/// What the calling thread has used of its processor, as far as the system has counted; nothing where it does not tell.
#[must_use]
pub fn processor_time_of_thread() -> Duration {
    let mut times = [FILETIME::default(); 4];
    let [created, ended, kernel, user] = &mut times;
    // SAFETY: the handle stands for this thread, and the system writes one structure to where each pointer leads.
    let told = unsafe {
        GetThreadTimes(
            GetCurrentThread(),
            &raw mut *created,
            &raw mut *ended,
            &raw mut *kernel,
            &raw mut *user,
        )
    };
    if told == 0 {
        return Duration::ZERO;
    }
    let steps =
        |time: &FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    Duration::from_nanos((steps(kernel) + steps(user)) * 100)
}

/// An event object; one that stays set until it is reset, or that is reset by the wait which it ends.
pub(crate) fn event(stays_set: bool) -> io::Result<OwnedHandle> {
    // SAFETY: no attributes and no name, which is allowed; the result is checked.
    let handle = unsafe { CreateEventW(null(), i32::from(stays_set), 0, null()) };
    owned(handle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_ring_ends_a_wait_once_also_from_another_thread() {
        let event = Event::new().expect("an event");
        let bell = event.clone();
        let thread = std::thread::spawn(move || bell.set());
        assert!(wait(&event, None, None, None).rung);
        thread.join().expect("no panic");
        assert!(!wait(&event, None, None, Some(Duration::ZERO)).rung);
    }

    #[test]
    fn a_time_passes_with_a_timer_and_without() {
        let event = Event::new().expect("an event");
        let timer = Timer::new().expect("a timer");
        for timer in [Some(&timer), None] {
            let before = Instant::now();
            let woken = wait(&event, None, timer, Some(Duration::from_millis(30)));
            assert_eq!(woken, Woken::default());
            assert!(before.elapsed() >= Duration::from_millis(25), "{timer:?}");
        }
    }

    #[test]
    fn a_thread_that_works_uses_its_processor() {
        let before = processor_time_of_thread();
        let begun = Instant::now();
        while processor_time_of_thread() == before {
            assert!(begun.elapsed() < Duration::from_secs(30));
        }
    }
}
