//! Errors: a code, and a message that says what to do.

use super::honker_code;
use crate::boundary::{self, Handed, or_else};
use crate::failure::Failure;
use std::ffi::c_char;
use std::ptr;

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub struct honker_error(
    #[expect(
        dead_code,
        reason = "opaque: gives it the alignment of what it stands for"
    )]
    u64,
);

impl Handed for Failure {
    type Outside = honker_error;
    const TAG: u64 = boundary::tag(*b"honkerr1");
    const NAME: &'static str = "honker_error";
}

/// Its code. HONKER_MISUSE for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_error_code(error: *const honker_error) -> honker_code {
    or_else(honker_code::HONKER_MISUSE, || {
        // SAFETY: the caller's promise, as for every handle.
        Some(unsafe { boundary::borrow::<Failure>(error) }.ok()?.code)
    })
}

/// What went wrong and what to do, in UTF-8, as long as the error lives. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_error_message(error: *const honker_error) -> *const c_char {
    or_else(ptr::null(), || {
        // SAFETY: as above. The text lives as long as the error, which the caller keeps.
        Some(
            unsafe { boundary::borrow::<Failure>(error) }
                .ok()?
                .message
                .as_ptr(),
        )
    })
}

/// The path of the database that it is about, in bytes, as long as the error lives. NULL if it is about none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_error_path(error: *const honker_error) -> *const c_char {
    or_else(ptr::null(), || {
        // SAFETY: as above.
        let error = unsafe { boundary::borrow::<Failure>(error) }.ok()?;
        Some(error.path.as_ref()?.as_ptr())
    })
}

/// The operating system's error number, where the system refused something; else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_error_errno(error: *const honker_error) -> i32 {
    or_else(0, || {
        // SAFETY: as above.
        Some(unsafe { boundary::borrow::<Failure>(error) }.ok()?.errno)
    })
}

/// Frees an error. Does nothing for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_error_free(error: *mut honker_error) {
    or_else((), || {
        // SAFETY: as above; it is not used afterwards.
        drop(unsafe { boundary::take_back::<Failure>(error) });
        Some(())
    });
}
