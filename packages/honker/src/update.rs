//! What a wake tells.

use honker_core::UpdateKind;
use pyo3::prelude::*;

/// One wake: everything that was committed since the previous one.
#[pyclass(frozen, eq, hash, module = "honker")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Update {
    /// The number of this wake, counted per database from 1.
    #[pyo3(get)]
    seq: u64,
    /// How many commits it stands for, by SQLite's own count.
    #[pyo3(get)]
    commits: u64,
    /// Whether `commits` is exact. If not it is a lower bound.
    #[pyo3(get)]
    exact: bool,
    /// "commit", "replaced" or "idle".
    #[pyo3(get)]
    kind: String,
}

impl From<honker_core::Update> for Update {
    fn from(update: honker_core::Update) -> Self {
        let kind = match update.kind {
            UpdateKind::Replaced => "replaced",
            UpdateKind::Idle => "idle",
            _ => "commit",
        };
        Self {
            seq: update.seq,
            commits: update.commits,
            exact: update.exact,
            kind: kind.to_owned(),
        }
    }
}

/// What it was pickled as.
#[pyfunction]
pub(crate) fn unpickled_update(seq: u64, commits: u64, exact: bool, kind: String) -> Update {
    Update {
        seq,
        commits,
        exact,
        kind,
    }
}

type Fields = (u64, u64, bool, String);

#[pymethods]
impl Update {
    fn __reduce__(&self, py: Python<'_>) -> PyResult<(Py<PyAny>, Fields)> {
        let module = py.import("honker._honker")?;
        let fields = (self.seq, self.commits, self.exact, self.kind.clone());
        Ok((module.getattr("unpickled_update")?.unbind(), fields))
    }

    fn __repr__(&self) -> String {
        format!(
            "Update(seq={}, commits={}, exact={}, kind='{}')",
            self.seq,
            self.commits,
            if self.exact { "True" } else { "False" },
            self.kind
        )
    }
}
