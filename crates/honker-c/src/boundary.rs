//! Everything that believes a pointer: handles, texts, options, places for results. And what a panic cannot cross.
//!
//! A handle is a counted pointer to a value behind a tag. A call counts itself, so that a handle may be freed while
//! another thread waits with it; the tag tells a handle of another kind, which languages without C's types pass easily.

#![allow(unsafe_code)] // each with its reason

use crate::abi::{honker_code, honker_error};
use crate::failure::Failure;
use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is handed out to C.
pub(crate) trait Handed {
    /// As C names it. Aligned as a tag is.
    type Outside;
    const TAG: u64;
    const NAME: &'static str;
}

/// Eight letters that stand before the values of one kind.
pub(crate) const fn tag(letters: [u8; 8]) -> u64 {
    u64::from_ne_bytes(letters)
}

/// What a handle points to.
#[repr(C)]
pub(crate) struct Behind<T> {
    tag: AtomicU64,
    value: T,
}

impl<T> Deref for Behind<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A new handle, to be freed with [`take_back`].
fn hand_out<T: Handed>(value: T) -> *mut T::Outside {
    let behind = Arc::new(Behind {
        tag: AtomicU64::new(T::TAG),
        value,
    });
    Arc::into_raw(behind).cast_mut().cast()
}

/// What a handle stands for, for the time of a call.
///
/// # Safety
///
/// `handle` is NULL, or a handle of this library of any kind that is not freed before this function returns.
pub(crate) unsafe fn borrow<T: Handed>(
    handle: *const T::Outside,
) -> Result<Arc<Behind<T>>, Failure> {
    let name = T::NAME;
    if handle.is_null() {
        return Err(Failure::misuse(format!("the {name} is NULL")));
    }
    let behind = handle.cast::<Behind<T>>();
    let is_one = behind.is_aligned() && {
        // SAFETY: every handle points to a tag (`Behind` is `repr(C)`), and this one is alive.
        let tag = unsafe { &*behind.cast::<AtomicU64>() };
        tag.load(Ordering::Relaxed) == T::TAG
    };
    if !is_one {
        let message = format!("this is no {name}, or one that was freed");
        return Err(Failure::misuse(message));
    }
    // SAFETY: the tag says that it came from `hand_out::<T>`, so from `Arc::into_raw`, and the count that the handle
    // stands for is there until it is freed.
    unsafe {
        Arc::increment_strong_count(behind);
        Ok(Arc::from_raw(behind))
    }
}

/// Takes a handle back: it is gone for C. `None` for NULL, and for what is no such handle.
///
/// # Safety
///
/// As for [`borrow`]; and no call with this handle begins afterwards.
pub(crate) unsafe fn take_back<T: Handed>(handle: *mut T::Outside) -> Option<Arc<Behind<T>>> {
    // SAFETY: the caller's promise.
    let borrowed = unsafe { borrow::<T>(handle) }.ok()?;
    let was = borrowed.tag.swap(0, Ordering::Relaxed);
    (was == T::TAG).then(|| {
        // SAFETY: the count that the handle stood for, once: only the first to swap the tag gets here.
        drop(unsafe { Arc::from_raw(Arc::as_ptr(&borrowed)) });
        borrowed
    })
}

/// A text from C. `what` is the argument's name.
///
/// # Safety
///
/// `text` is NULL, or ends with a zero and stays for `'a`.
pub(crate) unsafe fn bytes<'a>(text: *const c_char, what: &str) -> Result<&'a [u8], Failure> {
    // SAFETY: the caller's promise.
    let text = unsafe { optional_bytes(text) };
    text.ok_or_else(|| Failure::misuse(format!("{what} is NULL")))
}

/// The same of one that may be NULL.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn optional_bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// An array from C.
///
/// # Safety
///
/// `items` points to `count` values that stay for `'a`, or is NULL.
pub(crate) unsafe fn items<'a, T>(
    items: *const T,
    count: usize,
    what: &str,
) -> Result<&'a [T], Failure> {
    if count == 0 {
        return Ok(&[]);
    }
    if items.is_null() || !items.is_aligned() || count > isize::MAX as usize / size_of::<T>() {
        return Err(Failure::misuse(format!("{what} is no array of {count}")));
    }
    // SAFETY: the caller's promise, and what was asked above.
    Ok(unsafe { std::slice::from_raw_parts(items, count) })
}

/// Options that begin with their own size.
///
/// # Safety
///
/// The type is `repr(C)`, its first field is a `usize` with the size, all bytes zero is a value of it, and so are any others.
pub(crate) unsafe trait Sizable: Copy {
    /// The size in the first version of this library: less was never there.
    const LEAST: usize;
    const NAME: &'static str;
}

/// More than any version will have: a size like that was never set.
const MOST: usize = 4096;

/// Copies options. Where the caller's are shorter, from an older header, the rest is zero, which means the default; where
/// they are longer, the rest must be zero, because this library does not know what it would ask for.
///
/// # Safety
///
/// `options` is NULL, or points to as many bytes as it says.
pub(crate) unsafe fn options<T: Sizable>(options: *const T) -> Result<Option<T>, Failure> {
    let name = T::NAME;
    if options.is_null() {
        return Ok(None);
    }
    if !options.is_aligned() {
        return Err(Failure::misuse(format!(
            "this is no {name}: it is not aligned"
        )));
    }
    // SAFETY: its first field is its size.
    let size = unsafe { *options.cast::<usize>() };
    if !(T::LEAST..=MOST).contains(&size) {
        return Err(Failure::misuse(format!(
            "the size of a {name} is not {size}: set it to sizeof({name}), as its _INIT does"
        )));
    }
    let known = size.min(size_of::<T>());
    // SAFETY: the caller's promise.
    let rest = unsafe { std::slice::from_raw_parts(options.cast::<u8>().add(known), size - known) };
    if rest.iter().any(|byte| *byte != 0) {
        return Err(Failure::misuse(format!(
            "this {name} has settings that honker {} does not know",
            env!("CARGO_PKG_VERSION")
        )));
    }
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: both have `known` bytes, and they are apart: one is on this stack. `Sizable` says that any bytes do.
    Ok(Some(unsafe {
        ptr::copy_nonoverlapping(options.cast::<u8>(), copy.as_mut_ptr().cast(), known);
        copy.assume_init()
    }))
}

/// A place for a result, which the caller wants to have.
///
/// # Safety
///
/// `place` is NULL, or may be written to.
pub(crate) unsafe fn place<'a, T>(place: *mut T, what: &str) -> Result<Place<'a, T>, Failure> {
    if place.is_null() || !place.is_aligned() {
        return Err(Failure::misuse(format!("{what} is NULL, or not aligned")));
    }
    // SAFETY: the caller's promise. It need not hold a value yet.
    Ok(Place(unsafe { &mut *place.cast::<MaybeUninit<T>>() }))
}

/// A place for a handle or a text: it holds NULL until there is one.
///
/// # Safety
///
/// As for [`place`].
pub(crate) unsafe fn pointer_place<'a, T>(
    pointer: *mut *mut T,
    what: &str,
) -> Result<Place<'a, *mut T>, Failure> {
    // SAFETY: the caller's promise.
    let place = unsafe { place(pointer, what) }?;
    place.0.write(ptr::null_mut());
    Ok(place)
}

/// Where a result goes.
pub(crate) struct Place<'a, T>(&'a mut MaybeUninit<T>);

impl<T> Place<'_, T> {
    pub(crate) fn put(self, value: T) {
        self.0.write(value);
    }
}

impl<Outside> Place<'_, *mut Outside> {
    pub(crate) fn put_handle<T: Handed<Outside = Outside>>(self, value: T) {
        self.put(hand_out(value));
    }
}

impl Place<'_, *mut c_char> {
    /// A text, to be freed with [`free_text`].
    pub(crate) fn put_text(self, text: String) {
        self.put(crate::failure::text(text.into_bytes()).into_raw());
    }
}

/// Frees a text.
///
/// # Safety
///
/// `text` is NULL, or came from [`Place::put_text`] and was not freed.
pub(crate) unsafe fn free_text(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { CString::from_raw(text) });
    }
}

/// Does what a function is for. Neither an error nor a panic leaves it but as a code, and as an error where one is wanted.
///
/// # Safety
///
/// `error` is NULL, or may be written to.
pub(crate) unsafe fn call(
    error: *mut *mut honker_error,
    body: impl FnOnce() -> Result<honker_code, Failure>,
) -> honker_code {
    let ended = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<&str>().map(ToString::to_string);
        let what = what.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(Failure::internal(&what.unwrap_or_default()))
    });
    let (code, failure) = match ended {
        Ok(code) => (code, ptr::null_mut()),
        Err(failure) if error.is_null() => (failure.code, ptr::null_mut()),
        Err(failure) => (failure.code, hand_out(failure)),
    };
    // SAFETY: the caller's promise.
    if let Ok(place) = unsafe { place(error, "error") } {
        place.put(failure);
    }
    code
}

/// The same for a function that has no error: it gives `otherwise` then.
pub(crate) fn or_else<T>(otherwise: T, body: impl FnOnce() -> Option<T>) -> T {
    let ended = catch_unwind(AssertUnwindSafe(body));
    ended.ok().flatten().unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{
        honker_code_name, honker_error_code, honker_error_free, honker_error_message,
    };

    #[test]
    fn a_panic_is_an_error_and_goes_no_further() {
        let mut error = ptr::null_mut();
        // SAFETY: the place is there, and what is in it then is an error.
        unsafe {
            let code = call(&raw mut error, || panic!("a {}", "defect"));
            assert_eq!(code, honker_code::HONKER_INTERNAL);
            assert_eq!(honker_error_code(error), code);
            let message = CStr::from_ptr(honker_error_message(error));
            assert!(
                message
                    .to_str()
                    .is_ok_and(|message| message.ends_with("a defect"))
            );
            honker_error_free(error);
        }
        assert_eq!(or_else(7, || panic!("another")), 7);
    }

    #[test]
    fn success_clears_the_error() {
        let mut error = ptr::dangling_mut();
        // SAFETY: the place is there.
        let code = unsafe { call(&raw mut error, || Ok(honker_code::HONKER_OK)) };
        assert_eq!((code, error), (honker_code::HONKER_OK, ptr::null_mut()));
        assert!(!honker_code_name(0).is_null());
    }

    /// As the first version of a header had them, and as a later one has.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Grown {
        size: usize,
        first: u64,
        later: u64,
    }

    // SAFETY: integers only, and the size is the first.
    unsafe impl Sizable for Grown {
        const LEAST: usize = 16;
        const NAME: &'static str = "grown";
    }

    #[test]
    fn options_of_an_older_header_leave_the_rest_at_its_default() {
        let old = Grown {
            size: 16,
            first: 1,
            later: 2,
        };
        // SAFETY: it has at least as many bytes as it says.
        let copy = unsafe { options(&raw const old) }
            .ok()
            .flatten()
            .expect("they are taken");
        assert_eq!((copy.first, copy.later), (1, 0));
        for size in [0, 15, 4097] {
            let wrong = Grown { size, ..old };
            // SAFETY: the size is looked at first.
            assert!(unsafe { options(&raw const wrong) }.is_err(), "{size}");
        }
    }
}
