//! Going on with the file that has replaced the one that was watched.

use super::hints::Watches;
use super::{Database, Next, PATIENCE, Target};
use crate::delivery::{self, Notice};
use crate::error::{Error, ErrorKind};
use crate::hint::Hints;
use crate::location::Location;
use crate::observer::header::Extent;
use crate::replace::OnReplace;
use crate::thread::agenda::Id;
use crate::wake::News;
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
        self.copy_patience.restore();
        self.copied_size = 0;
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

    /// Tells that there is another file. Its commits are seen from here on: one that a look could not tell from those
    /// before will wake again.
    ///
    /// A file that is only being copied here is waited for: who read it now would find it malformed, and its end is no
    /// commit that would wake them again.
    pub(super) fn announce_replacement(&mut self, now: Duration) {
        let Target::Present(observer) = &mut self.target else {
            return;
        };
        if !self.replaced {
            return;
        }
        if let Extent::Partial { size } = observer.extent() {
            if self.copied_size != size {
                self.copied_size = size;
                self.copy_patience.restore();
            }
            if self.copy_patience.endures(now, PATIENCE) {
                return;
            }
        }
        self.replaced = false;
        self.copy_patience.restore();
        observer.rely_on_baseline();
        self.shared.counters.wakes.add(1);
        self.shared.counters.replacements.add(1);
        delivery::post(|| Notice::Replaced {
            path: self.location.path.clone(),
        });
        self.shared.publish(News::Replaced);
    }
}
