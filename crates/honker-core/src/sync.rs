//! What threads share, in one place, so that `models/` can put loom's in: it runs every schedule of them.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, fence};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
