//! What C's numbers stand for.

use crate::abi::{honker_backend, honker_on_replace, honker_update_kind};
use crate::failure::Failure;
use honker_core::{OnReplace, UpdateKind, WatcherBackend};
use std::ffi::CStr;

/// The backends of this library. Not `data-version`, which would bring a second SQLite into the process.
const BACKENDS: [(honker_backend, WatcherBackend, &CStr); 4] = [
    (
        honker_backend::HONKER_BACKEND_POLLING,
        WatcherBackend::Polling,
        c"polling",
    ),
    (
        honker_backend::HONKER_BACKEND_KERNEL,
        WatcherBackend::KernelWatch,
        c"kernel",
    ),
    (
        honker_backend::HONKER_BACKEND_SHM,
        WatcherBackend::ShmFastPath,
        c"shm",
    ),
    (
        honker_backend::HONKER_BACKEND_AUTO,
        WatcherBackend::Auto,
        c"auto",
    ),
];

pub(crate) fn backend(number: i32) -> Result<WatcherBackend, Failure> {
    let found = BACKENDS.iter().find(|(known, ..)| *known as i32 == number);
    found.map(|(_, backend, _)| *backend).ok_or_else(|| {
        Failure::unknown(format!(
            "options.backend is {number}, which is no honker_backend"
        ))
    })
}

pub(crate) fn backend_named(name: &[u8]) -> Result<honker_backend, Failure> {
    let found = BACKENDS.iter().find(|(.., known)| known.to_bytes() == name);
    found.map(|(backend, ..)| *backend).ok_or_else(|| {
        let names = BACKENDS.map(|(_, backend, _)| backend.name()).join(", ");
        let name = String::from_utf8_lossy(name);
        Failure::unknown(format!("unknown backend {name:?}. Valid names: {names}"))
    })
}

pub(crate) fn name_of(backend: WatcherBackend) -> Option<&'static CStr> {
    let found = BACKENDS.iter().find(|(_, known, _)| *known == backend);
    found.map(|(.., name)| *name)
}

pub(crate) fn on_replace(number: i32) -> Result<OnReplace, Failure> {
    if number == honker_on_replace::HONKER_ON_REPLACE_DIE as i32 {
        Ok(OnReplace::Die)
    } else if number == honker_on_replace::HONKER_ON_REPLACE_FOLLOW as i32 {
        Ok(OnReplace::Follow)
    } else {
        Err(Failure::unknown(format!(
            "options.on_replace is {number}, which is no honker_on_replace"
        )))
    }
}

pub(crate) fn kind(kind: UpdateKind) -> honker_update_kind {
    match kind {
        UpdateKind::Replaced => honker_update_kind::HONKER_UPDATE_REPLACED,
        UpdateKind::Idle => honker_update_kind::HONKER_UPDATE_IDLE,
        _ => honker_update_kind::HONKER_UPDATE_COMMIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_have_the_names_that_they_have_everywhere() {
        for (number, known, name) in BACKENDS {
            assert_eq!(name.to_str(), Ok(known.name()));
            assert_eq!(backend(number as i32).expect("one"), known);
            assert_eq!(name_of(known), Some(name));
        }
    }
}
