//! Systems on which every thread of a process shares one descriptor table (macOS, the BSDs).

use crate::Inherited;
use std::io;
use std::os::fd::OwnedFd;
use std::thread::{Builder, JoinHandle};

pub(crate) fn spawn<F>(
    name: &str,
    descriptor: OwnedFd,
    _refuse: bool,
    body: F,
) -> io::Result<JoinHandle<()>>
where
    F: FnOnce(Inherited) + Send + 'static,
{
    Builder::new().name(name.to_owned()).spawn(move || {
        body(Inherited {
            descriptor,
            private: false,
        });
    })
}
