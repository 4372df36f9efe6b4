//! Texts: the version, the diagnosis, metrics.

use super::{honker_code, honker_error, honker_watcher};
use crate::boundary;
use crate::watcher::{Watcher, open_metrics, probe_json};
use std::ffi::{CStr, c_char};

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

/// The version of the library.
#[unsafe(no_mangle)]
pub extern "C" fn honker_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Frees what came out through a `char **`. Does nothing for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_string_free(text: *mut c_char) {
    // SAFETY: the header's rules for arguments, here and below.
    unsafe { boundary::free_text(text) }
}

/// Diagnoses the database at `path`: file system, journal mode, which backends work and why not. One JSON object, the same
/// as `honker probe --json` prints. Like watching, it takes no lock and writes nothing.
///
/// On success `*json` is to be freed with honker_string_free(); otherwise it is set to NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_probe_json(
    path: *const c_char,
    json: *mut *mut c_char,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: as above.
    unsafe {
        boundary::call(error, || {
            let place = boundary::pointer_place(json, "json")?;
            let told = probe_json(boundary::bytes(path, "path")?)?;
            place.put_text(told);
            Ok(honker_code::HONKER_OK)
        })
    }
}

/// What `count` watchers have done, as OpenMetrics text, which Prometheus and its like read. Give each database once.
///
/// On success `*text` is to be freed with honker_string_free(); otherwise it is set to NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_open_metrics(
    watchers: *const *const honker_watcher,
    count: usize,
    text: *mut *mut c_char,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: as above.
    unsafe {
        boundary::call(error, || {
            let place = boundary::pointer_place(text, "text")?;
            let mut borrowed = Vec::new();
            for watcher in boundary::items(watchers, count, "watchers")? {
                borrowed.push(boundary::borrow::<Watcher>(*watcher)?);
            }
            let told = open_metrics(borrowed.iter().map(|watcher| &***watcher));
            place.put_text(told);
            Ok(honker_code::HONKER_OK)
        })
    }
}
