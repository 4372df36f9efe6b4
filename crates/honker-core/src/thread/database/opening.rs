//! The answer to the one who opened the watcher.

use super::death::Known;
use super::{Database, Next, Target};
use crate::backend::WatcherBackend;
use crate::cadence::Cadence;
use crate::delivery::{self, Notice};
use crate::error::Error;
use std::time::Duration;

impl Database {
    /// Answers the one who opened, once the starting state is recorded, or when waiting longer makes no sense.
    pub(super) fn finish_opening(&mut self, now: Duration) -> Next {
        let Some((_, deadline)) = &self.opening else {
            return Next::Look;
        };
        let Target::Present(observer) = &mut self.target else {
            self.answer_opening(Ok(()), now);
            return Next::Look;
        };
        if !observer.is_settled() {
            // An error that lasts is the answer, however late it began.
            if now < *deadline || self.patience.is_tried() {
                return Next::Look;
            }
            if let Some(error) = self.refuse_truncated() {
                return self.die(error);
            }
            if let Target::Present(observer) = &mut self.target {
                observer.rely_on_baseline();
            }
        }
        match self.check_name(now) {
            Ok(Known::Yes) => self.answer_opening(Ok(()), now),
            Ok(Known::NotYet) => {}
            Err(error) => return self.die(error),
        }
        Next::Look
    }

    pub(super) fn answer_opening(&mut self, result: Result<(), Error>, now: Duration) {
        if let Some((answer, _)) = self.opening.take() {
            if self.shared.effective() == WatcherBackend::ShmFastPath {
                self.cadence = Cadence::lingering(now);
            } else if self.watches.is_none() {
                self.cadence = Cadence::polling(self.poll_interval, now);
            }
            if result.is_ok() {
                delivery::post(|| Notice::Opened {
                    path: self.shared.location.path.clone(),
                    backend: self.shared.effective(),
                });
            }
            // The one who asked may have gone; the watcher is closed then.
            let _ = answer.send(result);
        }
    }
}
