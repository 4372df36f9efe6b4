//! SQLite's locks on the database file (os_unix.c, "POSIX advisory locking"; lockingv3, section 3).
// Windows cannot be asked for them.
#![cfg_attr(windows, allow(dead_code))]

/// The first of the 512 lock bytes: PENDING, then RESERVED, then 510 SHARED bytes.
pub(crate) const PENDING: i64 = 0x4000_0000;
pub(crate) const RESERVED: i64 = PENDING + 1;
pub(crate) const LENGTH: i64 = 512;
/// A connection in WAL mode holds the 510 SHARED bytes as long as it is open.
pub(crate) const SHARED: i64 = PENDING + 2;
pub(crate) const SHARED_LENGTH: i64 = LENGTH - 2;
/// In `-shm`: the WRITE lock and the "dead man's switch" that every connection holds shared.
pub(crate) const WAL_WRITE: i64 = 120;
pub(crate) const WAL_DMS: i64 = 128;

/// What one query for the first conflicting lock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockState {
    /// No writer.
    Free,
    /// A writer that has not touched the database file yet.
    Reserved,
    /// A writer in its commit, a hot rollback, or `locking_mode=EXCLUSIVE`: readers get SQLITE_BUSY.
    Held,
}

impl LockState {
    /// From the start of the first lock that conflicts with a read lock on all 512 bytes.
    pub(crate) fn from_conflict(start: Option<i64>) -> Self {
        match start {
            None => Self::Free,
            Some(RESERVED) => Self::Reserved,
            Some(_) => Self::Held,
        }
    }
}
