//! Which of inotify's limits was reached, and how high it is.

use crate::error::Reason;
use rustix::io::Errno;
use std::io;

/// A limit of inotify: what is limited, and the settings that limit it.
struct Limit {
    what: &'static str,
    /// For the user, on the whole machine.
    machine: (&'static str, &'static str),
    /// For the user in this namespace (a container may have a lower one).
    namespace: (&'static str, &'static str),
}

const INSTANCES: Limit = Limit {
    what: "instance",
    machine: (
        "fs.inotify.max_user_instances",
        "/proc/sys/fs/inotify/max_user_instances",
    ),
    namespace: (
        "user.max_inotify_instances",
        "/proc/sys/user/max_inotify_instances",
    ),
};

const WATCHES: Limit = Limit {
    what: "watch",
    machine: (
        "fs.inotify.max_user_watches",
        "/proc/sys/fs/inotify/max_user_watches",
    ),
    namespace: (
        "user.max_inotify_watches",
        "/proc/sys/user/max_inotify_watches",
    ),
};

/// The limit that an error of inotify stands for; `None` where it is none of inotify's.
pub(crate) fn limit_reached(error: &io::Error) -> Option<Reason> {
    match Errno::from_io_error(error)? {
        // That the process may open no more files is the same error: then its setting can't be read either.
        Errno::MFILE => INSTANCES.reason(read),
        Errno::NOSPC => WATCHES.reason(read),
        _ => None,
    }
}

impl Limit {
    fn reason(&self, read: impl Fn(&str) -> io::Result<u64>) -> Option<Reason> {
        let (setting, value) = match (read(self.machine.1), read(self.namespace.1)) {
            (Err(error), _) if error.raw_os_error() == Some(Errno::MFILE.raw_os_error()) => {
                return None;
            }
            (Ok(machine), Ok(namespace)) if namespace < machine => {
                (self.namespace.0, namespace.to_string())
            }
            (Ok(machine), _) => (self.machine.0, machine.to_string()),
            (Err(_), _) => (self.machine.0, "not to be read".to_owned()),
        };
        let what = self.what;
        Some(Reason::Limit {
            what: format!("no inotify {what} is left for this user ({setting} is {value})").into(),
            remedy: "Raise it with sysctl, or use polling",
        })
    }
}

fn read(path: &str) -> io::Result<u64> {
    let text = std::fs::read_to_string(path)?;
    text.trim().parse().map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn said(machine: io::Result<u64>, namespace: io::Result<u64>) -> Option<String> {
        let values = std::cell::RefCell::new([machine, namespace].map(Some));
        let next = |path: &str| {
            let which = usize::from(path.starts_with("/proc/sys/user/"));
            values.borrow_mut()[which].take().expect("asked once")
        };
        let reason = INSTANCES.reason(next)?;
        Some(Error::at("/srv/app.db".as_ref(), reason).to_string())
    }

    #[test]
    fn the_lower_of_two_settings_is_named_with_its_value() {
        let machine = said(Ok(128), Ok(128)).expect("a limit");
        assert!(
            machine.contains("(fs.inotify.max_user_instances is 128)"),
            "{machine}"
        );
        let namespace = said(Ok(128), Ok(16)).expect("a limit");
        assert!(
            namespace.contains("(user.max_inotify_instances is 16)"),
            "{namespace}"
        );
        let unknown = said(Err(Errno::NOENT.into()), Err(Errno::NOENT.into())).expect("a limit");
        assert!(
            unknown.contains("max_user_instances is not to be read"),
            "{unknown}"
        );
    }

    #[test]
    fn a_process_without_descriptors_is_not_told_of_inotify() {
        assert_eq!(said(Err(Errno::MFILE.into()), Ok(16)), None);
        assert!(limit_reached(&Errno::NOENT.into()).is_none());
    }
}
