//! Without inotify the number of sessions is not known, and times that tie wake: a kqueue merges what happens in a
//! directory, and what Windows tells comes after a while.

#[cfg(unix)]
use crate::hint::Name;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::rc::Rc;

#[derive(Debug, Default)]
pub(crate) struct Sessions(());

/// There is none.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) enum SessionCount {}

#[cfg(unix)]
impl SessionCount {
    pub(crate) fn start(_: &Rc<Sessions>, _: &Path, _: [(Vec<u8>, Name); 3]) -> Option<Self> {
        None
    }

    pub(crate) fn mark(&mut self) {
        match *self {}
    }

    pub(crate) fn since_mark(&self) -> Option<u64> {
        match *self {}
    }
}

impl Sessions {
    #[expect(clippy::unused_self, reason = "Linux reads events here")]
    pub(crate) fn drain(&self) {}
}
