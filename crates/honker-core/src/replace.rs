//! What to do when the database file is replaced.

/// What becomes of a watcher whose file is replaced: by a rename over it, a restore, a remount, or an overwrite in place.
///
/// ```no_run
/// use honker_core::{OnReplace, SharedUpdateWatcher, UpdateKind};
///
/// let watcher = SharedUpdateWatcher::builder("app.db").on_replace(OnReplace::Follow).open()?;
/// let mut events = watcher.update_events()?;
/// loop {
///     let update = events.recv()?;
///     if update.kind == UpdateKind::Replaced {
///         // Connections still have the old file: open new ones, then read everything again.
///     }
/// }
/// # #[allow(unreachable_code)]
/// # Ok::<(), honker_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnReplace {
    /// The watcher ends with [`ErrorKind::Replaced`](crate::ErrorKind::Replaced), as the specification has it: the
    /// consumer's own connections are to the old file, too.
    #[default]
    Die,
    /// The watcher goes on with the file that the path leads to now. Subscribers get one wake of kind
    /// [`UpdateKind::Replaced`](crate::UpdateKind::Replaced), as soon as there is a file and what is committed to it
    /// from then on is seen. A new file that is no SQLite database still ends the watcher.
    Follow,
}
