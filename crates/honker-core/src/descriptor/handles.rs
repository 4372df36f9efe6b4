//! Handles of SQLite's files on Windows: nobody's locks go with another's handle, so there is nothing to keep.

/// How the thread that holds this may treat files.
#[derive(Clone, Debug)]
pub(crate) struct Table(());

impl Table {
    pub(crate) fn new(_: bool) -> Self {
        Self(())
    }

    /// Whether what is closed here drops no lock of the process.
    #[cfg(feature = "data-version")]
    #[expect(clippy::unused_self, reason = "elsewhere it depends")]
    pub(crate) fn is_private(&self) -> bool {
        true
    }
}
