//! Watchers: one a database.

use super::{honker_code, honker_error, honker_subscribe_options, honker_subscription};
use crate::boundary::{self, Handed, Sizable, or_else};
use crate::settings;
use crate::watcher::{Wanted, Watcher};
use std::ffi::c_char;
use std::ptr;
use std::time::Duration;

/// Where wakes come from. docs/backends.md says which one when.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum honker_backend {
    /// Looks at the database every millisecond. Works everywhere. The default.
    HONKER_BACKEND_POLLING = 0,
    /// The operating system's file events say when to look: tens of microseconds, and next to nothing when idle.
    HONKER_BACKEND_KERNEL = 1,
    /// Looks at the wal-index each 20 microseconds while commits keep coming. WAL only.
    HONKER_BACKEND_SHM = 2,
    /// KERNEL where the file system and the limits allow it, else POLLING.
    HONKER_BACKEND_AUTO = 3,
}

/// What becomes of a watcher whose file is replaced: by a rename over it, a restore, an overwrite in place.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum honker_on_replace {
    /// It ends with HONKER_REPLACED: your own connections are to the old file, too. The default.
    HONKER_ON_REPLACE_DIE = 0,
    /// It goes on with the new file, after an update of the kind HONKER_UPDATE_REPLACED.
    HONKER_ON_REPLACE_FOLLOW = 1,
}

/// How to watch. Zero everywhere but in `size` means the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct honker_options {
    /// sizeof(honker_options): it tells which version of this header a program was compiled with.
    pub size: usize,
    /// A honker_backend.
    pub backend: i32,
    /// A honker_on_replace.
    pub on_replace: i32,
    /// How often polling looks, in microseconds, from 100 to 60000000. 0: each millisecond.
    pub poll_interval_us: u64,
    /// Not 0: a missing file is an error. 0: it is watched until its first commit.
    pub must_exist: u64,
}

// SAFETY: integers only, and the size is the first.
unsafe impl Sizable for honker_options {
    const LEAST: usize = size_of::<Self>();
    const NAME: &'static str = "honker_options";
}

/// Watches one database.
#[derive(Debug)]
pub struct honker_watcher(
    #[expect(
        dead_code,
        reason = "opaque: gives it the alignment of what it stands for"
    )]
    u64,
);

impl Handed for Watcher {
    type Outside = honker_watcher;
    const TAG: u64 = boundary::tag(*b"honkerw1");
    const NAME: &'static str = "honker_watcher";
}

/// Starts watching the database at `path`; `options` may be NULL. A missing file in a directory that exists is watched
/// until its first commit. Nothing is ever created or changed.
///
/// On success `*watcher` is to be freed with honker_watcher_free(); otherwise it is set to NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_watcher_open(
    path: *const c_char,
    options: *const honker_options,
    watcher: *mut *mut honker_watcher,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: the header's rules for arguments, here and below.
    unsafe {
        boundary::call(error, || {
            let place = boundary::pointer_place(watcher, "watcher")?;
            let path = boundary::bytes(path, "path")?;
            let opened = Watcher::open(path, boundary::options(options)?)?;
            place.put_handle(opened);
            Ok(honker_code::HONKER_OK)
        })
    }
}

/// Ends a watcher and all its subscriptions: who waits is told HONKER_CLOSED, at once. The handles stay yours. Does
/// nothing the second time, nothing for NULL, and nothing in a child made by fork(), whose parent goes on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_watcher_close(watcher: *mut honker_watcher) {
    or_else((), || {
        // SAFETY: as above.
        unsafe { boundary::borrow::<Watcher>(watcher) }
            .ok()?
            .close();
        Some(())
    });
}

/// Frees a handle. Watching ends with the last subscription, or with honker_watcher_close(). Does nothing for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_watcher_free(watcher: *mut honker_watcher) {
    or_else((), || {
        // SAFETY: as above; it is not used afterwards.
        drop(unsafe { boundary::take_back::<Watcher>(watcher) });
        Some(())
    });
}

/// Subscribes; `options` may be NULL. When it returns, the starting state is recorded: every commit from here on wakes.
/// To lose nothing, subscribe first and then read what you depend on.
///
/// On success `*subscription` is to be freed with honker_subscription_free(); otherwise it is set to NULL. It keeps the
/// watcher alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_watcher_subscribe(
    watcher: *mut honker_watcher,
    options: *const honker_subscribe_options,
    subscription: *mut *mut honker_subscription,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: as above.
    unsafe {
        boundary::call(error, || {
            let place = boundary::pointer_place(subscription, "subscription")?;
            let watcher = boundary::borrow::<Watcher>(watcher)?;
            let wanted = match boundary::options(options)? {
                None => Wanted::default(),
                Some(options) => Wanted {
                    since: boundary::optional_bytes(options.since),
                    min_interval: Duration::from_millis(options.min_interval_ms),
                    idle_poll: (options.idle_poll_ms != 0)
                        .then(|| Duration::from_millis(options.idle_poll_ms)),
                },
            };
            let started = watcher.subscribe(&wanted)?;
            place.put_handle(started);
            Ok(honker_code::HONKER_OK)
        })
    }
}

/// What has been seen up to now, as a word of ASCII letters, digits, dots and hyphens, shorter than 200: for
/// honker_subscribe_options.since, also in another run of the program. Take it before you read, and keep the two
/// together.
///
/// On success `*position` is to be freed with honker_string_free(); otherwise it is set to NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_watcher_position(
    watcher: *mut honker_watcher,
    position: *mut *mut c_char,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: as above.
    unsafe {
        boundary::call(error, || {
            let place = boundary::pointer_place(position, "position")?;
            let taken = boundary::borrow::<Watcher>(watcher)?.position()?;
            place.put_text(taken);
            Ok(honker_code::HONKER_OK)
        })
    }
}

/// What the watcher has done since it was opened, as one JSON object: docs/operations.md tells its fields. Fields may be
/// added.
///
/// On success `*json` is to be freed with honker_string_free(); otherwise it is set to NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_watcher_stats_json(
    watcher: *const honker_watcher,
    json: *mut *mut c_char,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: as above.
    unsafe {
        boundary::call(error, || {
            let place = boundary::pointer_place(json, "json")?;
            let stats = boundary::borrow::<Watcher>(watcher)?.stats_json()?;
            place.put_text(stats);
            Ok(honker_code::HONKER_OK)
        })
    }
}

/// The name of the backend that runs, which AUTO decides: "polling", "kernel" or "shm". NULL for what is no watcher.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_watcher_backend(watcher: *const honker_watcher) -> *const c_char {
    or_else(ptr::null(), || {
        // SAFETY: as above.
        let watcher = unsafe { boundary::borrow::<Watcher>(watcher) }.ok()?;
        Some(watcher.backend()?.as_ptr())
    })
}

/// The database's path, absolute, as long as the handle is not freed. NULL for what is no watcher.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_watcher_path(watcher: *const honker_watcher) -> *const c_char {
    or_else(ptr::null(), || {
        // SAFETY: as above. The text lives as long as the handle, which the caller keeps.
        let watcher = unsafe { boundary::borrow::<Watcher>(watcher) }.ok()?;
        Some(watcher.path().as_ptr())
    })
}

/// The backend of a name ("polling", "kernel", "shm", "auto"), for honker_options.backend.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn honker_backend_named(
    name: *const c_char,
    backend: *mut i32,
    error: *mut *mut honker_error,
) -> honker_code {
    // SAFETY: as above.
    unsafe {
        boundary::call(error, || {
            let place = boundary::place(backend, "backend")?;
            place.put(settings::backend_named(boundary::bytes(name, "name")?)? as i32);
            Ok(honker_code::HONKER_OK)
        })
    }
}
