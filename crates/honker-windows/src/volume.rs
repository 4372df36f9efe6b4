//! Where a file lies.

use crate::wide;
use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use windows_sys::Win32::Storage::FileSystem::{
    GetDriveTypeW, GetVolumeInformationW, GetVolumePathNameW,
};

/// The volume of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Volume {
    /// Where it is mounted, as `C:\`.
    pub root: PathBuf,
    /// `NTFS`, for one; empty where the system does not tell.
    pub file_system: String,
    /// Whether another host has it.
    pub is_remote: bool,
}

/// `DRIVE_REMOTE`, of `GetDriveTypeW`.
const REMOTE: u32 = 4;
/// As long as a path can be, with the NUL.
const LENGTH: usize = 32_768;

impl Volume {
    /// Of a path that exists.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut root = vec![0; LENGTH];
        let length = u32::try_from(root.len()).unwrap_or(0);
        // Until the error is asked for: an allocator that frees it may reset that.
        let path = wide(path);
        // SAFETY: the path ends with a NUL, and the system writes `length` units at most.
        let told = unsafe { GetVolumePathNameW(path.as_ptr(), root.as_mut_ptr(), length) };
        if told == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the system has written a name that ends with a NUL.
        let is_remote = unsafe { GetDriveTypeW(root.as_ptr()) } == REMOTE;
        let mut name = [0; 64];
        let length = u32::try_from(name.len()).unwrap_or(0);
        // SAFETY: the root ends with a NUL, the system writes `length` units at most, and what is not wanted is null.
        let told = unsafe {
            GetVolumeInformationW(
                root.as_ptr(),
                null_mut(),
                0,
                null_mut(),
                null_mut(),
                null_mut(),
                name.as_mut_ptr(),
                length,
            )
        };
        if told == 0 {
            name[0] = 0;
        }
        Ok(Self {
            root: text(&root).into(),
            file_system: text(&name).to_string_lossy().into_owned(),
            is_remote,
        })
    }
}

/// Up to the NUL.
fn text(units: &[u16]) -> OsString {
    let length = units.iter().position(|unit| *unit == 0);
    OsString::from_wide(&units[..length.unwrap_or(units.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_volume_of_a_temporary_directory_is_local_and_has_a_root() {
        let here = tempfile::tempdir().expect("a directory");
        let volume = Volume::of(here.path()).expect("it exists");
        assert!(!volume.is_remote, "{volume:?}");
        assert!(volume.root.has_root(), "{volume:?}");
    }
}
