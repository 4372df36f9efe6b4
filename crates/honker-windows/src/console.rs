//! Ctrl-C and the other events of a console.

use crate::checked;
use std::io;
use std::sync::OnceLock;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

type Receive = Box<dyn Fn() + Send + Sync>;

static RECEIVE: OnceLock<Receive> = OnceLock::new();

/// Calls `receive`, on a thread that the system makes, for each event of the console that asks this process to end: Ctrl-C,
/// Ctrl-Break, the end of the console, of the session, and of the system. For the last three the system ends the process
/// some seconds later, or when `receive` has ended it.
///
/// # Errors
///
/// What the system reports; and the second call of a process is refused.
pub fn on_console_events(receive: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    if RECEIVE.set(Box::new(receive)).is_err() {
        return Err(io::Error::other("somebody listens already"));
    }
    // SAFETY: the function lives as long as the process.
    checked(unsafe { SetConsoleCtrlHandler(Some(handle), 1) })
}

unsafe extern "system" fn handle(event: u32) -> BOOL {
    if let Some(receive) = RECEIVE.get() {
        receive();
    }
    while !matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
        // Returning would end the process at once.
        std::thread::park();
    }
    1
}
