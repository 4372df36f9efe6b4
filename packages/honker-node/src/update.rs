//! What a wake tells.

use crate::number::count;
use honker_core::UpdateKind;
use napi_derive::napi;

/// One wake: everything that was committed since the previous one.
#[napi(object, object_from_js = false)]
pub struct Update {
    /// The number of this wake, counted per database from 1.
    pub seq: i64,
    /// How many commits it stands for, by SQLite's own count.
    pub commits: i64,
    /// Whether `commits` is exact. If not it is a lower bound.
    pub exact: bool,
    /// "commit", "replaced" or "idle".
    pub kind: &'static str,
}

impl From<honker_core::Update> for Update {
    fn from(update: honker_core::Update) -> Self {
        Self {
            seq: count(update.seq),
            commits: count(update.commits),
            exact: update.exact,
            kind: match update.kind {
                UpdateKind::Replaced => "replaced",
                UpdateKind::Idle => "idle",
                _ => "commit",
            },
        }
    }
}
