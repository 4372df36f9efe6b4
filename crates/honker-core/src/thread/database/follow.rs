//! Going on with the file that has replaced the one that was watched.

use super::hints::Watches;
use super::{Database, Next, Target};
use crate::error::{Error, ErrorKind};
use crate::hint::Hints;
use crate::location::Location;
use crate::replace::OnReplace;
use crate::thread::agenda::Id;
use std::time::Duration;

impl Database {
    pub(super) fn follows(&self) -> bool {
        self.on_replace == OnReplace::Follow
    }

    /// Ends the watcher, or lets it wait for the file that comes instead of this one.
    pub(super) fn end_or_follow(
        &mut self,
        error: Error,
        now: Duration,
        hints: &mut Option<Hints<Id>>,
    ) -> Next {
        if !self.follows() || error.kind() != ErrorKind::Replaced {
            return self.die(error);
        }
        self.shared.set_last_error(format!(
            "{} Following what takes its place.",
            error.without_advice()
        ));
        self.replaced = true;
        self.target = Target::Absent;
        self.patience.restore();
        self.identity_patience.restore();
        self.header_patience.restore();
        self.baseline_patience.restore();
        self.copy_patience.restore();
        self.copied_size = 0;
        // The wake of the replacement stands for it.
        self.is_new = false;
        self.held_back = None;
        // A link on the path may lead elsewhere now. If it leads nowhere, the file is waited for where it was.
        if let Ok(location) = Location::resolve(&self.location.path) {
            self.location = location;
        }
        if let Some(watches) = &mut self.watches {
            watches.remove_all(self.id, hints);
            *watches = Watches::default();
            // Without its directory it is for the check of identity to find the file.
            let _ = watches.watch_names(self.id, &self.location, hints);
        }
        self.cadence.calm();
        self.cadence.look_now(now);
        Next::Look
    }
}
