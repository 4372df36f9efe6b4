//! `WaitForMultipleObjects` of Windows, with a timer of its own: the time-out of a wait moves in steps of 16 ms.

use super::Woken;
use crate::bell::Ear;
use crate::hint::Hints;
use honker_windows::Timer;
use std::hash::Hash;
use std::time::Duration;

/// Without a timer, which would need a handle that the process has not, waits are as long as Windows makes them.
#[derive(Debug)]
pub(crate) struct Waiter(Option<Timer>);

impl Waiter {
    pub(crate) fn new(_: &Ear) -> Self {
        Self(Timer::new().ok())
    }

    pub(crate) fn wait<Id: Copy + Eq + Hash>(
        &self,
        ear: &Ear,
        hints: Option<&Hints<Id>>,
        timeout: Option<Duration>,
    ) -> Woken {
        let changed = hints.map(Hints::changes);
        let woken = honker_windows::wait(&ear.0, changed, self.0.as_ref(), timeout);
        Woken {
            rung: woken.rung,
            hinted: woken.changed,
        }
    }
}
