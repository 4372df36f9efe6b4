//! Reading what `strace -ff -y` wrote: which system calls a process made, and which of them could do harm.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One call: `name(arguments) = result`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Everything between the brackets; descriptors come with their paths, as `5</tmp/x/app.db>`.
    pub(crate) arguments: String,
}

impl Call {
    /// `None` for what is no call: signals, the ends of threads.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (name, rest) = line.split_once('(')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        // A thread that ends in the middle of a call leaves it without a result.
        let arguments = rest.rfind(") = ").map_or(rest, |end| &rest[..end]);
        Some(Self {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        })
    }

    /// Why this call could harm the files whose paths contain `place`.
    pub(crate) fn harm(&self, place: &str) -> Option<&'static str> {
        let has = |word: &str| self.arguments.contains(word);
        let name = self.name.as_str();
        if name == "flock" || name == "fcntl" && self.words().any(|word| LOCKING.contains(&word)) {
            return Some("sets a lock");
        }
        if WRITING.contains(&name) && self.descriptor_path().is_none() {
            return Some("writes to nobody knows what");
        }
        if !has(place) {
            return None;
        }
        if OPENING.contains(&name) {
            let changes = self.words().any(|word| CHANGING.contains(&word));
            return changes.then_some("opens to write or creates");
        }
        if name == "fcntl" {
            let asks = self.words().any(|word| ASKING.contains(&word));
            return (!asks).then_some("changes a descriptor");
        }
        (!READING.contains(&name)).then_some("is not known to be harmless")
    }

    /// The path of the descriptor that is the first argument, if strace knew it.
    fn descriptor_path(&self) -> Option<&str> {
        let number = self.arguments.find(|c: char| !c.is_ascii_digit())?;
        let path = self.arguments[number..].strip_prefix('<')?;
        (number > 0).then(|| path.split('>').next()).flatten()
    }

    /// The words, such as the flags of `O_RDONLY|O_CLOEXEC`.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.arguments
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
    }
}

/// Locks: not on anything.
const LOCKING: [&str; 5] = [
    "F_SETLK",
    "F_SETLKW",
    "F_OFD_SETLK",
    "F_OFD_SETLKW",
    "F_SETLEASE",
];

/// What `F_GETLK` and the like ask; the rest of `fcntl` changes something.
const ASKING: [&str; 4] = ["F_OFD_GETLK", "F_GETLK", "F_GETFD", "F_GETFL"];

const CHANGING: [&str; 6] = [
    "O_WRONLY",
    "O_RDWR",
    "O_CREAT",
    "O_TRUNC",
    "O_APPEND",
    "O_TMPFILE",
];

const OPENING: [&str; 3] = ["open", "openat", "openat2"];

/// What may be called with one of the files, or their directory. Whatever is not listed counts as harm.
const READING: [&str; 19] = [
    "read",
    "pread64",
    "readv",
    "preadv",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "close",
    "inotify_add_watch",
    "inotify_rm_watch",
];

/// What writes to its first argument.
const WRITING: [&str; 10] = [
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "pwritev2",
    "ftruncate",
    "fallocate",
    "fchmod",
    "fsync",
    "fdatasync",
];

/// All calls of a process.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) calls: Vec<Call>,
}

impl Trace {
    /// What `strace -ff -o directory/anything` left: a file for each thread, so that no call is split in two.
    pub(crate) fn read(directory: &Path) -> Self {
        let mut trace = Self::default();
        for entry in fs::read_dir(directory).expect("traces") {
            let text = fs::read(entry.expect("a trace").path()).expect("readable");
            let text = String::from_utf8_lossy(&text);
            trace.calls.extend(text.lines().filter_map(Call::parse));
        }
        trace
    }

    /// The calls that could harm what lies in `place`, with the reason.
    pub(crate) fn harm(&self, place: &str) -> Vec<String> {
        let calls = self.calls.iter();
        calls
            .filter_map(|call| {
                let why = call.harm(place)?;
                Some(format!("{why}: {}({})", call.name, call.arguments))
            })
            .collect()
    }

    /// The calls that closed one of these files of `place` while it still had its name: that drops locks on it, in a
    /// table that is the host's too.
    pub(crate) fn closed(&self, names: &[String], place: &str) -> Vec<&Call> {
        let is_one = |call: &&Call| {
            let path = call.arguments.trim_end();
            let file = names
                .iter()
                .any(|name| path.ends_with(&format!("/{name}>")));
            call.name == "close" && file && path.contains(place)
        };
        self.calls.iter().filter(is_one).collect()
    }

    /// How often each call was made with a file in `place`.
    pub(crate) fn counts(&self, place: &str) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for call in &self.calls {
            if call.arguments.contains(place) {
                *counts.entry(call.name.as_str()).or_default() += 1;
            }
        }
        counts
    }
}
