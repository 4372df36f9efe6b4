//! Processes that were started: their end, and how to bring it about.

use crate::{checked, owned};
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, OwnedHandle};
use std::process::Child;
use std::ptr::null;
use std::sync::Arc;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{INFINITE, WaitForSingleObject};

/// A process that was started with a process group of its own. A clone is the same process.
#[derive(Clone, Debug)]
pub struct Process {
    handle: Arc<OwnedHandle>,
    number: u32,
}

impl Process {
    /// Another handle of this child.
    ///
    /// # Errors
    ///
    /// What the system reports when it has no handle left.
    pub fn of(child: &Child) -> io::Result<Self> {
        Ok(Self {
            handle: Arc::new(child.as_handle().try_clone_to_owned()?),
            number: child.id(),
        })
    }

    /// Waits until it has ended.
    pub fn wait(&self) {
        // SAFETY: the handle is open as long as `self` lives.
        unsafe { WaitForSingleObject(self.handle.as_raw_handle(), INFINITE) };
    }

    /// Sends Ctrl-Break to its group. Its number is its own as long as `self` lives.
    ///
    /// # Errors
    ///
    /// It has ended, or does not share the console of this process.
    pub fn send_ctrl_break(&self) -> io::Result<()> {
        // SAFETY: takes two numbers.
        let sent = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, self.number) };
        checked(sent)
    }
}

/// A job: processes, and all that those start, which end together.
#[derive(Debug)]
pub struct Job(OwnedHandle);

impl Job {
    /// A new one, without a process.
    ///
    /// # Errors
    ///
    /// What the system reports when it has no handle left.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no attributes and no name, which is allowed; the result is checked.
        owned(unsafe { CreateJobObjectW(null(), null()) }).map(Self)
    }

    /// Adds a child, and with it all that it starts from here on.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn add(&self, child: &Child) -> io::Result<()> {
        // SAFETY: both handles are open through the call.
        let added =
            unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), child.as_raw_handle()) };
        checked(added)
    }

    /// Ends all of its processes at once, with code 1.
    pub fn end(&self) {
        // SAFETY: the handle is open as long as `self` lives.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) };
    }
}
