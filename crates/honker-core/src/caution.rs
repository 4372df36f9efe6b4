//! What to know of the place where a database lies.

use crate::identity;
use crate::location::Location;
use crate::mount::{FileSystem, Mount};
use crate::observer::files::SEES_EVERY_LOCK;
use crate::probe::JournalMode;

/// Of a file system that others can write to.
pub(crate) fn of_shared(file_system: FileSystem) -> String {
    format!(
        "it is on {}, where another host or a server can write without an event here: looks ask past this kernel's \
         cache, but how soon the file system shows such a commit is up to it, and locks taken elsewhere may not be seen",
        file_system.name
    )
}

/// All there is, in the order in which it matters.
pub(crate) fn of_place(
    location: &Location,
    file_system: FileSystem,
    mount: Option<&Mount>,
    journal_mode: JournalMode,
) -> Vec<String> {
    let file = location.join(&location.name);
    let mut cautions = Vec::new();
    if file_system.shared {
        cautions.push(of_shared(file_system));
        if journal_mode == JournalMode::Wal {
            cautions.push(
                "in WAL mode, SQLite itself works only if all of its processes are on one host"
                    .to_owned(),
            );
        }
    }
    if !SEES_EVERY_LOCK {
        cautions.push(
            "this system does not show every lock: beside a writer with journal_mode=MEMORY or OFF, or with \
             locking_mode=EXCLUSIVE, a wake may come early, and commits may be missed in both at once. Use \
             data-version there, where this system has it (docs/platforms.md)"
                .to_owned(),
        );
    }
    if journal_mode != JournalMode::Rollback {
        if mount.is_some_and(|mount| mount.is_of_one_file(&file)) {
            cautions.push(
                "the file is mounted by itself, so a write-ahead log that others use lies elsewhere: mount the \
                 directory instead"
                    .to_owned(),
            );
        }
        if identity::names_of(&file).is_ok_and(|names| names > 1) {
            cautions.push(
                "the file has another name (a hard link), and each name has a write-ahead log of its own: watch the \
                 name that its writers use"
                    .to_owned(),
            );
        }
    }
    cautions
}
