//! Paths as C has them: bytes on Unix, UTF-8 on Windows.

use crate::failure::Failure;
use std::path::{Path, PathBuf};

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "elsewhere not all bytes are a path"
)]
pub(crate) fn of_c(bytes: &[u8]) -> Result<PathBuf, Failure> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::OsStr::from_bytes(bytes).into())
}

#[cfg(not(unix))]
pub(crate) fn of_c(bytes: &[u8]) -> Result<PathBuf, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::not_utf8())?;
    Ok(text.into())
}

#[cfg(unix)]
pub(crate) fn to_c(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// A name that is no Unicode has its odd parts replaced.
#[cfg(not(unix))]
pub(crate) fn to_c(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}
