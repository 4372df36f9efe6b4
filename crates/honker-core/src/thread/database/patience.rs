//! How long an error that may pass is put up with.

use std::time::Duration;

/// Since when something has failed, without a success in between.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Option<Duration>,
    ran_out: bool,
}

impl Patience {
    /// Whether a failure at `now` can still be put up with: it has not lasted for `limit` yet.
    pub(super) fn endures(&mut self, now: Duration, limit: Duration) -> bool {
        now.saturating_sub(*self.since.get_or_insert(now)) < limit
    }

    /// Whether a failure at `now` is the first one that can't be put up with.
    pub(super) fn runs_out(&mut self, now: Duration, limit: Duration) -> bool {
        !self.endures(now, limit) && !std::mem::replace(&mut self.ran_out, true)
    }

    /// Whether the last that was heard is a failure.
    pub(super) fn is_tried(&self) -> bool {
        self.since.is_some()
    }

    /// It works.
    pub(super) fn restore(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_endured_until_it_has_lasted_too_long() {
        let at = Duration::from_millis;
        let mut patience = Patience::default();
        assert!(patience.endures(at(5), at(10)));
        assert!(patience.endures(at(14), at(10)));
        assert!(!patience.endures(at(15), at(10)));
        assert!(patience.is_tried());
        patience.restore();
        assert!(!patience.is_tried());
        assert!(patience.endures(at(16), at(10)));
    }

    #[test]
    fn it_runs_out_once() {
        let at = Duration::from_millis;
        let mut patience = Patience::default();
        let ran_out = [5, 14, 15, 16].map(|now| patience.runs_out(at(now), at(10)));
        assert_eq!(ran_out, [false, false, true, false]);
        patience.restore();
        assert!(!patience.runs_out(at(17), at(10)));
    }
}
