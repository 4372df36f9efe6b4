//! What this kernel has cached of a file that another host can write.

use super::Files;
use rustix::fd::AsFd;
#[cfg(target_os = "linux")]
use rustix::fs::{Advice, AtFlags, StatxFlags};
use std::ffi::CStr;

impl Files {
    /// Has the size, the times and the content of a file asked for anew. Pages of the
    /// content go: what others have written there and was not sent yet is sent by that, and nothing is lost.
    #[cfg(target_os = "linux")]
    pub(super) fn renew(&self, file: impl AsFd) {
        if self.may_be_stale {
            // Where that is refused, what is cached has to do.
            let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_FORCE_SYNC;
            let _ = rustix::fs::statx(&file, c"", flags, StatxFlags::BASIC_STATS);
            let _ = rustix::fs::fadvise(file, 0, None, Advice::DontNeed);
        }
    }

    /// The same of what a name leads to, without its content.
    #[cfg(target_os = "linux")]
    pub(super) fn renew_name(&self, name: &CStr) {
        if self.may_be_stale {
            let flags = AtFlags::STATX_FORCE_SYNC;
            let _ = rustix::fs::statx(self.directory.as_fd(), name, flags, StatxFlags::BASIC_STATS);
        }
    }

    /// Other systems have no way to ask for that.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "Linux needs it")]
    pub(super) fn renew(&self, _: impl AsFd) {}

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "Linux needs it")]
    pub(super) fn renew_name(&self, _: &CStr) {}
}
