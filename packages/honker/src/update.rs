//! What a wake tells.

use honker_core::UpdateKind;
use pyo3::prelude::*;

/// One wake: everything that was committed since the previous one.
#[pyclass(frozen, eq, hash, module = "honker")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Update {
    update: honker_core::Update,
}

impl From<honker_core::Update> for Update {
    fn from(update: honker_core::Update) -> Self {
        Self { update }
    }
}

#[pymethods]
impl Update {
    /// The number of this wake, counted per database from 1.
    #[getter]
    fn seq(&self) -> u64 {
        self.update.seq
    }

    /// How many commits it stands for, by SQLite's own count.
    #[getter]
    fn commits(&self) -> u64 {
        self.update.commits
    }

    /// Whether `commits` is exact. If not it is a lower bound.
    #[getter]
    fn exact(&self) -> bool {
        self.update.exact
    }

    /// "commit", "replaced" or "idle".
    #[getter]
    fn kind(&self) -> &'static str {
        match self.update.kind {
            UpdateKind::Replaced => "replaced",
            UpdateKind::Idle => "idle",
            _ => "commit",
        }
    }

    fn __repr__(&self) -> String {
        format!(
            "Update(seq={}, commits={}, exact={}, kind='{}')",
            self.update.seq,
            self.update.commits,
            if self.update.exact { "True" } else { "False" },
            self.kind()
        )
    }
}
