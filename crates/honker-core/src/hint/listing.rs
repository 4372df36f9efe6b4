//! What names there are in a directory, and which file each one leads to: for a system that says only that a directory
//! has changed.

use std::collections::HashMap;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::DirEntryExt;
use std::path::Path;

/// The names that somebody cares for, and their inodes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing(HashMap<Vec<u8>, u64>);

/// What became of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Appeared,
    Vanished,
}

impl Listing {
    pub(super) fn read(directory: &Path, cares_for: impl Fn(&[u8]) -> bool) -> io::Result<Self> {
        let mut names = HashMap::new();
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let inode = entry.ino();
            let name = entry.file_name().into_vec();
            if cares_for(&name) {
                names.insert(name, inode);
            }
        }
        Ok(Self(names))
    }

    /// Takes what there is now. A name that leads to another file has vanished and appeared.
    pub(super) fn replace(&mut self, now: Self, mut pass: impl FnMut(&[u8], Change)) {
        let before = std::mem::replace(self, now);
        for (name, inode) in &before.0 {
            if self.0.get(name) != Some(inode) {
                pass(name, Change::Vanished);
            }
        }
        for (name, inode) in &self.0 {
            if before.0.get(name) != Some(inode) {
                pass(name, Change::Appeared);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_went_and_was_replaced_is_told_and_neighbours_are_not() {
        let here = tempfile::tempdir().expect("a directory");
        let make = |name: &str| std::fs::write(here.path().join(name), b"").expect("a file");
        let read = || Listing::read(here.path(), |name| name.starts_with(b"app.db"));
        make("app.db");
        make("app.db-journal");
        make("other.db");
        let mut listing = read().expect("a listing");
        std::fs::remove_file(here.path().join("app.db-journal")).expect("removed");
        make("app.db-wal");
        make("new.db");
        std::fs::rename(here.path().join("new.db"), here.path().join("app.db")).expect("renamed");
        let mut told = Vec::new();
        let now = read().expect("a listing");
        listing.replace(now, |name, change| {
            told.push((String::from_utf8_lossy(name).into_owned(), change));
        });
        told.sort_by(|(one, _), (other, _)| one.cmp(other));
        let expected = [
            ("app.db", Change::Vanished),
            ("app.db", Change::Appeared),
            ("app.db-journal", Change::Vanished),
            ("app.db-wal", Change::Appeared),
        ];
        assert_eq!(
            told,
            expected.map(|(name, change)| (name.to_owned(), change))
        );
        let now = read().expect("a listing");
        listing.replace(now, |_, _| panic!("nothing has changed"));
    }
}
