//! `ReadDirectoryChangesW`: what happens in a number of directories, for one thread, and without another one.

use crate::information::Information;
use crate::waiting::event;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{ERROR_IO_INCOMPLETE, WAIT_OBJECT_0};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ACTION_ADDED, FILE_ACTION_REMOVED, FILE_ACTION_RENAMED_NEW_NAME,
    FILE_ACTION_RENAMED_OLD_NAME, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OVERLAPPED,
    FILE_LIST_DIRECTORY, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_NOTIFY_CHANGE_LAST_WRITE,
    FILE_NOTIFY_CHANGE_SIZE, ReadDirectoryChangesW,
};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::{ResetEvent, WaitForSingleObject};

/// What happened to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was created, or something was renamed to it.
    Appeared,
    /// It was removed, or renamed.
    Vanished,
    /// What is behind it was written, as far as the file system has told its directory.
    Modified,
}

/// What is told of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something happened to a name.
    Change {
        /// What.
        action: Action,
        /// The name, without its directory.
        name: OsString,
    },
    /// More happened than fits: anything may have.
    Lost,
}

/// The directories that one thread watches.
#[derive(Debug)]
pub struct Changes {
    /// Set by any read that is done, and reset by any that begins: so each is asked, after the last one has begun.
    event: OwnedHandle,
    watched: HashMap<u32, Box<Reading>>,
    next: u32,
}

/// Room for a few hundred changes. 64 KiB is the most that a network takes.
const LENGTH: usize = 16 * 1024;
const WANTED: u32 =
    FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE;

/// A directory and the read that is under way. The system writes to `buffer` and `overlapped` until that is done, so
/// this stays in its box, and waits for the end before it goes.
struct Reading {
    directory: File,
    volume: u32,
    file: u64,
    is_under_way: bool,
    overlapped: OVERLAPPED,
    buffer: Buffer,
}

/// Aligned as the records in it are.
#[repr(C, align(8))]
struct Buffer([u8; LENGTH]);

impl Changes {
    /// Nothing watched yet.
    ///
    /// # Errors
    ///
    /// What the system reports when it has no handle left.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            event: event(true)?,
            watched: HashMap::new(),
            next: 0,
        })
    }

    /// Watches a directory: its names, and the sizes and times of the files in it. One that is watched already has its
    /// number again. What happens from here on is told.
    ///
    /// # Errors
    ///
    /// What the system reports: that there is no such directory, or that it can't be watched.
    pub fn watch(&mut self, directory: &Path) -> io::Result<u32> {
        let found = Information::of_path(directory)?;
        let is_known = |it: &Reading| (it.volume, it.file) == (found.volume, found.file);
        let mut known = self
            .watched
            .iter()
            .filter(|(_, it)| is_known(it) && it.is_under_way);
        if let Some((number, _)) = known.next() {
            return Ok(*number);
        }
        // Others may do with it what they like meanwhile: that is the default.
        let directory = OpenOptions::new()
            .access_mode(FILE_LIST_DIRECTORY)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED)
            .open(directory)?;
        let opened = Information::of(&directory)?;
        let mut reading = Box::new(Reading {
            directory,
            volume: opened.volume,
            file: opened.file,
            is_under_way: false,
            overlapped: OVERLAPPED {
                hEvent: self.event.as_raw_handle(),
                ..OVERLAPPED::default()
            },
            buffer: Buffer([0; LENGTH]),
        });
        reading.begin()?;
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.watched.insert(number, reading);
        Ok(number)
    }

    /// Stops watching.
    pub fn forget(&mut self, number: u32) {
        self.watched.remove(&number);
    }

    /// Passes on what there is; never waits. Whether there was anything.
    pub fn drain(&mut self, mut pass: impl FnMut(u32, Told)) -> bool {
        // SAFETY: the handle is open. What is done after this sets it again.
        unsafe { ResetEvent(self.event.as_raw_handle()) };
        let mut any = false;
        // A read that begins resets what another has set meanwhile: only a round without any proves that all were asked.
        loop {
            let mut again = false;
            for (number, reading) in &mut self.watched {
                if reading.take(|told| pass(*number, told)) {
                    again = true;
                }
            }
            if !again {
                return any;
            }
            any = true;
        }
    }

    /// Whether there may be something to drain.
    pub(crate) fn is_ready(&self) -> bool {
        // SAFETY: the handle is open; nothing is waited for.
        unsafe { WaitForSingleObject(self.event.as_raw_handle(), 0) == WAIT_OBJECT_0 }
    }

    pub(crate) fn event(&self) -> BorrowedHandle<'_> {
        self.event.as_handle()
    }
}

impl Reading {
    fn begin(&mut self) -> io::Result<()> {
        let length = u32::try_from(LENGTH).unwrap_or(0);
        // SAFETY: `self` is in a box that is not moved out of, and lives until the read is done (see `drop`), so that
        // buffer and structure stay where they are. No other read of it is under way.
        let begun = unsafe {
            ReadDirectoryChangesW(
                self.directory.as_raw_handle(),
                self.buffer.0.as_mut_ptr().cast(),
                length,
                0,
                WANTED,
                null_mut(),
                &raw mut self.overlapped,
                None,
            )
        };
        self.is_under_way = begun != 0;
        if self.is_under_way {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Takes what a read that is done has brought, and begins the next. Whether one was done.
    fn take(&mut self, mut pass: impl FnMut(Told)) -> bool {
        if !self.is_under_way {
            return false;
        }
        let Some(result) = self.result(false) else {
            return false;
        };
        self.is_under_way = false;
        match result {
            // The system's own buffer was too small.
            Ok(0) => pass(Told::Lost),
            Ok(length) => each(&self.buffer.0[..length.min(LENGTH)], &mut pass),
            // The directory is gone, or its volume: nothing more comes, and other checks say why.
            Err(_) => {
                pass(Told::Lost);
                return true;
            }
        }
        if self.begin().is_err() {
            pass(Told::Lost);
        }
        true
    }

    /// What became of the read; `None` while it is under way, unless that is waited for.
    fn result(&mut self, waits: bool) -> Option<io::Result<usize>> {
        let mut length = 0;
        // SAFETY: handle and structure are those of the read that is under way, or was.
        let told = unsafe {
            GetOverlappedResult(
                self.directory.as_raw_handle(),
                &raw const self.overlapped,
                &raw mut length,
                i32::from(waits),
            )
        };
        if told != 0 {
            return Some(usize::try_from(length).map_err(io::Error::other));
        }
        let error = io::Error::last_os_error();
        let incomplete = i32::try_from(ERROR_IO_INCOMPLETE).ok();
        (error.raw_os_error() != incomplete).then_some(Err(error))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if !self.is_under_way {
            return;
        }
        // Not through the event that all share: another read that begins or ends would confuse the wait for this one.
        // SAFETY: handle and structure are those of the read that is under way.
        unsafe { CancelIoEx(self.directory.as_raw_handle(), &raw const self.overlapped) };
        while self.result(false).is_none() {
            std::thread::yield_now();
        }
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading")
            .field("directory", &self.directory)
            .field("is_under_way", &self.is_under_way)
            .finish_non_exhaustive()
    }
}

/// The records in a buffer (`FILE_NOTIFY_INFORMATION`): the offset of the next one, what happened, the length of the
/// name in bytes, the name.
fn each(mut records: &[u8], pass: &mut impl FnMut(Told)) {
    const HEAD: usize = 12;
    while records.len() >= HEAD {
        let number = |at: usize| {
            let bytes = records[at..].first_chunk::<4>();
            bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
        };
        let length = usize::try_from(number(8)).unwrap_or(0);
        let name = records[HEAD..].get(..length).unwrap_or_default();
        let (units, _) = name.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| u16::from_ne_bytes(*unit)).collect();
        let action = match number(4) {
            FILE_ACTION_ADDED | FILE_ACTION_RENAMED_NEW_NAME => Action::Appeared,
            FILE_ACTION_REMOVED | FILE_ACTION_RENAMED_OLD_NAME => Action::Vanished,
            _ => Action::Modified,
        };
        pass(Told::Change {
            action,
            name: OsString::from_wide(&units),
        });
        let next = usize::try_from(number(0)).unwrap_or(0);
        if next == 0 {
            return;
        }
        records = records.get(next..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, wait};
    use std::time::{Duration, Instant};

    const LONG: Duration = Duration::from_secs(30);

    /// Drains until that was told, or for long.
    fn is_told(changes: &mut Changes, number: u32, action: Action, name: &str) -> bool {
        let event = Event::new().expect("an event");
        let wanted = Told::Change {
            action,
            name: name.into(),
        };
        let begun = Instant::now();
        let mut found = false;
        while !found && begun.elapsed() < LONG {
            let _ = wait(
                &event,
                Some(changes),
                None,
                Some(Duration::from_millis(100)),
            );
            changes.drain(|of, told| found |= of == number && told == wanted);
        }
        found
    }

    #[test]
    fn what_happens_in_each_of_two_directories_is_told() {
        let (one, other) = (tempfile::tempdir(), tempfile::tempdir());
        let (one, other) = (one.expect("a directory"), other.expect("a directory"));
        let mut changes = Changes::new().expect("an event");
        let first = changes.watch(one.path()).expect("watched");
        let second = changes.watch(other.path()).expect("watched");
        assert_ne!(first, second);
        assert_eq!(changes.watch(one.path()).expect("watched"), first);
        for (number, directory) in [(first, &one), (second, &other), (first, &one)] {
            let file = directory.path().join("a file");
            std::fs::write(&file, b"1").expect("written");
            assert!(is_told(&mut changes, number, Action::Appeared, "a file"));
            std::fs::write(&file, b"longer").expect("written");
            assert!(is_told(&mut changes, number, Action::Modified, "a file"));
            std::fs::rename(&file, directory.path().join("moved")).expect("renamed");
            assert!(is_told(&mut changes, number, Action::Vanished, "a file"));
            std::fs::remove_file(directory.path().join("moved")).expect("removed");
            assert!(is_told(&mut changes, number, Action::Vanished, "moved"));
        }
        changes.forget(first);
        std::fs::write(other.path().join("b"), b"").expect("written");
        assert!(is_told(&mut changes, second, Action::Appeared, "b"));
    }

    #[test]
    fn nothing_is_told_where_nothing_happens() {
        let here = tempfile::tempdir().expect("a directory");
        let mut changes = Changes::new().expect("an event");
        changes.watch(here.path()).expect("watched");
        assert!(!changes.drain(|_, told| panic!("{told:?}")));
        assert!(!changes.is_ready());
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        let here = tempfile::tempdir().expect("a directory");
        let mut changes = Changes::new().expect("an event");
        let error = changes
            .watch(&here.path().join("none"))
            .expect_err("missing");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
