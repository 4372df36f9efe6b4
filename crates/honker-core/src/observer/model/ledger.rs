//! What was reported, against the truth: the contract of DESIGN.md, section 2.

use super::super::evidence::Seen;
use super::super::{Look, Tally};
use crate::stats::Conservative;

/// What one observer has reported, and what it may and must report.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// How many commits could be seen when the baseline was recorded: between these two.
    baseline: Option<(u64, u64)>,
    /// … and when somebody began to rely on a baseline that was not recorded yet.
    relied_on: Option<u64>,
    reported: u64,
    inexact: bool,
    /// After a wake that was not exact, one that is, or that says a lock was kept, may still stand for a commit that could
    /// be read before it: one of two is told as long as the lock of a third transaction is held.
    lenient: bool,
    /// How many commits could be seen at the beginning and at the end of the last look that reported any.
    last: (u64, u64),
}

impl Ledger {
    /// Of an observer that begins with a file which did not exist before.
    pub(super) fn of_new_file() -> Self {
        Self {
            baseline: Some((0, 0)),
            ..Self::default()
        }
    }

    pub(super) fn be_lenient(&mut self) {
        self.lenient = true;
    }

    pub(super) fn rely(&mut self, visible: u64) {
        self.relied_on = Some(visible);
    }

    pub(super) fn is_relied_on(&self) -> bool {
        self.relied_on.is_some()
    }

    /// Enters a look, which began when `before` commits could be seen and ended with `after`.
    pub(super) fn enter(
        &mut self,
        look: &Seen<Look>,
        (before, after): (u64, u64),
        settled: bool,
        forgiven: &[Conservative],
    ) -> Result<(), String> {
        let tally = match look {
            Ok(Look::Commits(tally)) => Some(tally),
            Ok(Look::Overwritten(what)) => return Err(format!("overwritten: {what:?}")),
            Ok(Look::Same | Look::Busy) | Err(_) => None,
        };
        if self.baseline.is_none() {
            return self.enter_baseline(tally, (before, after), settled);
        }
        tally.map_or(Ok(()), |tally| {
            self.report(tally, (before, after), forgiven)
        })
    }

    fn enter_baseline(
        &mut self,
        tally: Option<&Tally>,
        (before, after): (u64, u64),
        settled: bool,
    ) -> Result<(), String> {
        match (tally, self.relied_on) {
            (None, _) if !settled => return Ok(()),
            // Recorded in silence: whatever came after the one who relies on it is still owed.
            (None, Some(visible)) => self.start((visible, visible)),
            (None, None) => self.start((before, after)),
            // What was under way may have been committed.
            (Some(_), Some(_)) => self.start((before, after)),
            (Some(_), None) => return Err("a wake although nobody relies on it".to_owned()),
        }
        Ok(())
    }

    fn start(&mut self, range: (u64, u64)) {
        self.baseline = Some(range);
        self.last = range;
    }

    fn report(
        &mut self,
        tally: &Tally,
        (before, after): (u64, u64),
        forgiven: &[Conservative],
    ) -> Result<(), String> {
        self.inexact |= tally.inexact.is_some();
        // As long as all is counted, no more than there is may be reported; that covers it.
        let may_be_late =
            self.lenient && matches!(tally.inexact, None | Some(Conservative::LockKept));
        let is_spurious = self.inexact && after <= self.last.0 && !may_be_late;
        self.last = (before, after);
        if is_spurious {
            return match tally.inexact {
                Some(reason) if forgiven.contains(&reason) => Ok(()),
                reason => Err(format!("SPURIOUS ({reason:?})")),
            };
        }
        // One that is forgiven may have been no commit, even if one came while it looked.
        let is_forgiven = tally
            .inexact
            .is_some_and(|reason| forgiven.contains(&reason));
        self.reported += tally.commits - u64::from(is_forgiven);
        let most = after - self.baseline.map_or(0, |(low, _)| low);
        if self.reported > most {
            return Err(format!("EARLY: {} of {most} reported", self.reported));
        }
        Ok(())
    }

    /// Checks that nothing is missing in the end, but what is `hidden` for now.
    pub(super) fn close(&self, visible: u64, hidden: u64, counts: bool) -> Result<(), String> {
        let Some((low, high)) = self.baseline else {
            return match self.relied_on {
                // Of a hot journal at the start nothing is known; who plays it back causes the wake.
                Some(relied_on) if hidden == 0 && relied_on < visible => {
                    Err("MISSED, no baseline".to_owned())
                }
                _ => Ok(()),
            };
        };
        if visible > self.last.1.saturating_add(hidden) {
            return Err(format!("MISSED: {visible} commits, last {:?}", self.last));
        }
        let least = (visible - high).saturating_sub(hidden);
        if counts && !self.inexact && !(least..=visible - low).contains(&self.reported) {
            return Err(format!(
                "NOT EXACT: {} of {visible} - {low}..{high}",
                self.reported
            ));
        }
        Ok(())
    }

    pub(super) fn is_inexact(&self) -> bool {
        self.inexact
    }
}
