//! Which file this is, how large, and how old.

use crate::wide;
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::MaybeUninit;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS, FileBasicInfo,
    GetFileAttributesExW, GetFileExInfoStandard, GetFileInformationByHandle,
    GetFileInformationByHandleEx, WIN32_FILE_ATTRIBUTE_DATA,
};

/// What the system knows of an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Information {
    /// The serial number of its volume.
    pub volume: u32,
    /// Its number there, which is given out again only after the file is gone.
    pub file: u64,
    /// How many names it has.
    pub names: u32,
    /// In bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: i128,
    /// When anything about it last changed, in nanoseconds since 1970. Where the file system does not keep that, when
    /// it was last written.
    pub changed: i128,
}

impl Information {
    /// Of an open file.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn of(file: &File) -> io::Result<Self> {
        let handle = file.as_raw_handle();
        let mut found = MaybeUninit::<BY_HANDLE_FILE_INFORMATION>::uninit();
        // SAFETY: the handle is open, and the system writes one such structure to where the pointer leads.
        if unsafe { GetFileInformationByHandle(handle, found.as_mut_ptr()) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has succeeded, so that it is filled; any bytes are valid numbers.
        let found = unsafe { found.assume_init() };
        let written = found.ftLastWriteTime;
        let modified = since_1970(join(written.dwHighDateTime, written.dwLowDateTime));
        Ok(Self {
            volume: found.dwVolumeSerialNumber,
            file: join(found.nFileIndexHigh, found.nFileIndexLow),
            names: found.nNumberOfLinks,
            size: join(found.nFileSizeHigh, found.nFileSizeLow),
            modified,
            changed: change_time(file).map_or(modified, since_1970),
        })
    }

    /// Of the file or directory that a path leads to, links followed. It is opened for that, without any access to its
    /// content, and closed again.
    ///
    /// # Errors
    ///
    /// What the system reports: that there is no such file, for one.
    pub fn of_path(path: &Path) -> io::Result<Self> {
        // Nothing is read or written, and everybody may do with it what they like meanwhile: that is the default.
        let file = OpenOptions::new()
            .access_mode(0)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
            .open(path)?;
        Self::of(&file)
    }
}

/// What a directory knows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attributes {
    /// In bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: i128,
}

impl Attributes {
    /// Of what a path leads to, without opening it: whoever removes it meanwhile finds nobody in the way.
    ///
    /// # Errors
    ///
    /// What the system reports: that there is no such file, for one.
    pub fn of_path(path: &Path) -> io::Result<Self> {
        let mut found = MaybeUninit::<WIN32_FILE_ATTRIBUTE_DATA>::uninit();
        // Until the error is asked for: an allocator that frees it may reset that.
        let path = wide(path);
        // SAFETY: the path ends with a NUL, and the system writes one such structure to where the pointer leads.
        let told = unsafe {
            GetFileAttributesExW(
                path.as_ptr(),
                GetFileExInfoStandard,
                found.as_mut_ptr().cast(),
            )
        };
        if told == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has succeeded, so that it is filled; any bytes are valid numbers.
        let found = unsafe { found.assume_init() };
        let written = found.ftLastWriteTime;
        Ok(Self {
            size: join(found.nFileSizeHigh, found.nFileSizeLow),
            modified: since_1970(join(written.dwHighDateTime, written.dwLowDateTime)),
        })
    }
}

fn join(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// `None`: not kept.
fn change_time(file: &File) -> Option<u64> {
    let mut found = MaybeUninit::<FILE_BASIC_INFO>::uninit();
    let size = u32::try_from(size_of::<FILE_BASIC_INFO>()).ok()?;
    // SAFETY: the handle is open, and the system writes `size` bytes at most to where the pointer leads.
    let told = unsafe {
        GetFileInformationByHandleEx(
            file.as_raw_handle(),
            FileBasicInfo,
            found.as_mut_ptr().cast(),
            size,
        )
    };
    if told == 0 {
        return None;
    }
    // SAFETY: the call has succeeded, so that it is filled; any bytes are valid numbers.
    let time = unsafe { found.assume_init() }.ChangeTime;
    u64::try_from(time).ok().filter(|time| *time > 0)
}

/// From steps of 100 ns since 1601.
fn since_1970(steps: u64) -> i128 {
    const YEARS_BETWEEN: i128 = 11_644_473_600 * 1_000_000_000;
    i128::from(steps) * 100 - YEARS_BETWEEN
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    #[test]
    fn a_file_is_known_by_its_number_under_every_name() {
        let here = tempfile::tempdir().expect("a directory");
        let (one, other) = (here.path().join("one"), here.path().join("other"));
        std::fs::write(&one, b"12345").expect("a file");
        std::fs::hard_link(&one, &other).expect("a link");
        let information = Information::of_path(&one).expect("it is there");
        assert_eq!((information.size, information.names), (5, 2));
        let attributes = Attributes::of_path(&one).expect("it is there");
        assert_eq!(
            (attributes.size, attributes.modified),
            (5, information.modified)
        );
        assert_eq!(
            Information::of_path(&other).expect("it is there"),
            information
        );
        let another = here.path().join("another");
        std::fs::write(&another, b"").expect("a file");
        let another = Information::of_path(&another).expect("it is there");
        assert_ne!(another.file, information.file);
        assert_eq!(another.volume, information.volume);
    }

    #[test]
    fn times_count_from_1970() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let information = Information::of(file.as_file()).expect("it is open");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("later");
        let now = i128::try_from(now.as_nanos()).expect("fits");
        let day = i128::try_from(Duration::from_secs(86_400).as_nanos()).expect("fits");
        assert!((now - information.modified).abs() < day, "{information:?}");
        assert!((now - information.changed).abs() < day, "{information:?}");
    }

    #[test]
    fn a_missing_file_is_said_to_be_missing() {
        let here = tempfile::tempdir().expect("a directory");
        let error = Information::of_path(&here.path().join("none")).expect_err("missing");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(Information::of_path(here.path()).is_ok(), "a directory");
        let error = Attributes::of_path(&here.path().join("none")).expect_err("missing");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
