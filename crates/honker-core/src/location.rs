//! Where a database is: the path as given, made absolute, and the directory that holds the sidecars.

use crate::error::{Error, Reason, Result};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// `ELOOP`, and what Windows calls it (`ERROR_CANT_RESOLVE_FILENAME`).
#[cfg(unix)]
const TOO_MANY_LINKS: i32 = rustix::io::Errno::LOOP.raw_os_error();
#[cfg(windows)]
const TOO_MANY_LINKS: i32 = 1921;

/// `ERROR_DIRECTORY`, as `ENOTDIR` elsewhere.
#[cfg(windows)]
const NO_DIRECTORY: i32 = 267;

/// Whether the error says that a path leads to nothing, now.
pub(crate) fn leads_nowhere(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        || error.raw_os_error() == Some(TOO_MANY_LINKS)
}

/// A database's place in the file system, fixed at open: a later `chdir` changes nothing.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    /// The path as given, made absolute. What identity is checked against, symbolic links followed.
    pub(crate) path: PathBuf,
    /// The directory that really holds the file: the sidecars lie beside a link's target, not beside the link.
    pub(crate) directory: PathBuf,
    /// The file's name in that directory.
    pub(crate) name: OsString,
}

impl Location {
    /// Makes the path absolute and follows its links.
    pub(crate) fn resolve(given: &Path) -> Result<Self> {
        refuse_what_names_no_file(given)?;
        let path = std::path::absolute(given)
            .map_err(|error| Error::system(given, "cannot make absolute", error))?;
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => resolve_missing(&path)?,
            Err(error) => return Err(Error::system(&path, "cannot resolve", error)),
        };
        let (Some(directory), Some(name)) = (real.parent(), real.file_name()) else {
            return Err(Error::at(&path, Reason::IsDirectory));
        };
        if name.as_encoded_bytes().contains(&0) {
            // The target of a link.
            return Err(Error::at(&path, Reason::NulInPath));
        }
        Ok(Self {
            directory: directory.to_path_buf(),
            name: name.to_owned(),
            path,
        })
    }

    /// The name of a sidecar: `-journal`, `-wal` or `-shm`.
    pub(crate) fn sidecar(&self, suffix: &str) -> OsString {
        let mut name = self.name.clone();
        name.push(suffix);
        name
    }

    /// The absolute path of a name in the directory.
    pub(crate) fn join(&self, name: &OsStr) -> PathBuf {
        self.directory.join(name)
    }
}

fn refuse_what_names_no_file(given: &Path) -> Result<()> {
    let bytes = given.as_os_str().as_encoded_bytes();
    let reason = if bytes.is_empty() {
        Reason::EmptyPath
    } else if bytes.contains(&0) {
        Reason::NulInPath
    } else if bytes == b":memory:" {
        Reason::MemoryDatabase
    } else if bytes.starts_with(b"file:") {
        Reason::Uri
    } else {
        return Ok(());
    };
    Err(Error::at(given, reason))
}

/// A missing file: its directory has to exist. A dangling link stands for the file it names.
fn resolve_missing(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_path_buf();
    // As many links as Linux follows (path_resolution(7)).
    for _ in 0..40 {
        let name: OsString = path.file_name().map(OsStr::to_owned).unwrap_or_default();
        let parent = path.parent().unwrap_or(Path::new("/"));
        let directory = parent.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::at(
                &path,
                Reason::DirectoryNotFound {
                    directory: parent.to_path_buf(),
                },
            ),
            _ => Error::system(&path, "cannot resolve the directory of", error),
        })?;
        // Windows calls what lies below a file merely missing.
        #[cfg(windows)]
        if !directory.is_dir() {
            let error = std::io::Error::from_raw_os_error(NO_DIRECTORY);
            return Err(Error::system(&path, "cannot resolve", error));
        }
        let real = directory.join(name);
        match std::fs::read_link(&real) {
            Ok(target) => path = directory.join(target),
            Err(_) => return Ok(real),
        }
    }
    let error = std::io::Error::from_raw_os_error(TOO_MANY_LINKS);
    Err(Error::system(&path, "cannot resolve", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Quoted};

    #[test]
    fn a_path_that_names_no_file_is_refused_with_its_reason() {
        for given in ["", ":memory:", "file:app.db", "a\0b"] {
            let error = Location::resolve(Path::new(given)).expect_err(given);
            assert_eq!(error.kind(), ErrorKind::InvalidPath, "{given:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn sidecars_lie_beside_the_target_of_a_link_even_if_it_dangles() {
        let here = tempfile::tempdir().expect("a directory");
        let real = here.path().join("real");
        std::fs::create_dir(&real).expect("a directory");
        std::os::unix::fs::symlink(real.join("target.db"), here.path().join("link.db"))
            .expect("a link");
        let location = Location::resolve(&here.path().join("link.db")).expect("a location");
        assert_eq!(location.name.as_encoded_bytes(), b"target.db");
        assert_eq!(location.directory, real.canonicalize().expect("real"));
        assert_eq!(location.path, here.path().join("link.db"));
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = Location::resolve(Path::new("/no/such/place/app.db")).expect_err("missing");
        assert_eq!(error.kind(), ErrorKind::DirectoryNotFound);
        // Windows has it on the current drive.
        let missing = std::path::absolute("/no/such/place").expect("a path");
        assert!(
            error
                .to_string()
                .contains(&format!("{:?}", Quoted(&missing))),
            "{error}"
        );
    }
}
