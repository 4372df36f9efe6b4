//! One database on the observer thread: when it is looked at, what comes of it, and how it dies.

mod appearance;
#[cfg(feature = "data-version")]
mod data_version;
mod death;
mod doubt;
mod follow;
mod hints;
mod observe;
mod opening;
mod patience;

use super::agenda::Id;
use super::mailbox::{Purpose, Settings};
use crate::backend::WatcherBackend;
use crate::cadence::{Cadence, Found, SWEEP, Ticks, Writer};
use crate::clock;
use crate::delivery::{self, Notice};
use crate::descriptor::Table;
use crate::error::{Error, Reason};
use crate::hint::Hints;
use crate::location::Location;
use crate::observer::evidence::{Trouble, What};
use crate::observer::standing::Standing;
use crate::observer::{Look, Tally};
use crate::replace::OnReplace;
use crate::sessions::Sessions;
use crate::shared::Shared;
use crate::stats::Conservative;
use crate::totals::{News, Totals};
use death::Known;
use doubt::Doubt;
use hints::Watches;
pub(super) use hints::{refuse_shared_file_system, try_out};
use observe::{Observe, Opening, Refusal};
use patience::Patience;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

/// How long `open`, and the wake that tells of a replacement, wait for a moment at which no commit is under way. Where
/// locks are not seen that takes a while.
const OPENING: Duration = Duration::from_millis(if cfg!(windows) { 250 } else { 50 });
/// How long an error of the system may last before it ends the watcher.
const PATIENCE: Duration = Duration::from_secs(1);

type Answer = SyncSender<Result<(), Error>>;

pub(super) struct Database {
    id: Id,
    shared: Arc<Shared>,
    /// Where the files are. It moves only when a link on the path is retargeted and the watcher follows.
    location: Location,
    on_replace: OnReplace,
    /// The file that was watched is no more, and subscribers are to be told once there is another.
    replaced: bool,
    /// The file appeared where there was none, and nothing of it has been told yet: it may still be being copied.
    is_new: bool,
    /// What was found in such a file.
    held_back: Option<Tally>,
    table: Table,
    sessions: Rc<Sessions>,
    target: Target,
    cadence: Cadence,
    /// The file watches, in the kernel backend.
    watches: Option<Watches>,
    poll_interval: Duration,
    identity_due: Duration,
    /// With the files of the database.
    patience: Patience,
    /// With the check of its identity.
    identity_patience: Patience,
    /// With a header that is only being written.
    header_patience: Patience,
    name_due: Duration,
    /// With a connection whose log is not to be found.
    name_patience: Patience,
    /// With a writer that keeps readers out.
    busy_patience: Patience,
    /// With the baseline of a file that has replaced another.
    baseline_patience: Patience,
    /// With a file that is only being copied to its place, since it last grew to `copied_size`.
    copy_patience: Patience,
    copied_size: u64,
    opening: Option<(Answer, Duration)>,
    doubt: Doubt,
}

enum Target {
    /// No file yet.
    Absent,
    Present(Box<dyn Observe>),
}

/// What becomes of a database after a look.
pub(super) enum Next {
    Look,
    /// As `Look`, and a sweep found a commit: either its event is still unread, or it was lost.
    LookSweepFound,
    Dead,
}

impl Database {
    pub(super) fn open(
        id: Id,
        shared: Arc<Shared>,
        settings: Settings,
        (table, sessions): (Table, Rc<Sessions>),
        hints: &mut Option<Hints<Id>>,
        answer: Answer,
    ) -> Result<Self, (Answer, Error)> {
        let now = clock::now();
        let location = shared.location.clone();
        // Watches come before the first look, so that nothing falls between the two.
        let watches = match Watches::for_backend(id, &shared, hints) {
            Ok(watches) => watches,
            Err(error) => return Err((answer, error)),
        };
        let opening = Opening::new(&shared, &table, &sessions, &location);
        let target = match opening.open(None) {
            Ok(observer) => Target::Present(observer),
            Err(Refusal::Missing) if !settings.must_exist => Target::Absent,
            Err(refusal) => {
                if let Some(mut watches) = watches {
                    watches.remove_all(id, hints);
                }
                return Err((answer, refusal.into_error(&location)));
            }
        };
        // Until the starting state is recorded, looks follow each other quickly, whatever the backend.
        let mut cadence = Cadence::hinted(now);
        cadence.hint(now);
        Ok(Self {
            id,
            shared,
            location,
            on_replace: settings.on_replace,
            replaced: false,
            is_new: false,
            held_back: None,
            table,
            sessions,
            target,
            cadence,
            watches,
            poll_interval: settings.poll_interval,
            identity_due: now + SWEEP,
            patience: Patience::default(),
            identity_patience: Patience::default(),
            header_patience: Patience::default(),
            name_due: now + PATIENCE,
            name_patience: Patience::default(),
            busy_patience: Patience::default(),
            baseline_patience: Patience::default(),
            copy_patience: Patience::default(),
            copied_size: 0,
            opening: Some((answer, now + OPENING)),
            doubt: Doubt::default(),
        })
    }

    /// The time of the next look, or of the next check of the file's identity if that comes first.
    pub(super) fn due(&self) -> Duration {
        self.cadence.due().min(self.identity_due)
    }

    /// Whether it is looked at without events.
    pub(super) fn is_polled(&self) -> bool {
        !self.cadence.has_events()
    }

    /// What a subscription that begins now need not be told.
    pub(super) fn totals(&mut self, purpose: Purpose) -> Totals {
        let totals = self.shared.wake.totals();
        if purpose == Purpose::Position {
            return totals;
        }
        let wakes = self.doubt.begin(self.is_wake_held_back());
        if wakes > 0 {
            self.count_doubt();
        }
        totals.in_doubt(wakes)
    }

    /// What is found next may have been committed before somebody began, or after.
    fn count_doubt(&self) {
        self.shared
            .counters
            .conservative(Conservative::StartedDuringWrite);
    }

    /// Where the database stood at the last look that could tell.
    pub(super) fn standing(&mut self) -> Standing {
        match &mut self.target {
            // The file that was watched is gone, and the next one is not there yet.
            Target::Absent if self.replaced => Standing::Unknown,
            Target::Absent => Standing::Absent,
            Target::Present(_) if self.held_back.is_some() => Standing::Unknown,
            Target::Present(observer) => observer.standing(),
        }
    }

    pub(super) fn look(
        &mut self,
        now: Duration,
        ticks: Ticks,
        hints: &mut Option<Hints<Id>>,
    ) -> Next {
        let sweep = self.cadence.is_sweep();
        // With each sweep, so that an idle database costs one wake-up and not two.
        if now >= self.identity_due || (sweep && now >= self.cadence.due()) {
            self.identity_due = self.cadence.next_sweep(now, ticks);
            if let Err(error) = self.check_identity(now, hints) {
                return self.end_or_follow(error, now, hints);
            }
            if now >= self.name_due {
                match self.check_name(now) {
                    Ok(Known::Yes) => self.name_due = now + PATIENCE,
                    // Asked again at each sweep: two sessions that are just beginning are not one that is elsewhere.
                    Ok(Known::NotYet) => {}
                    Err(error) => return self.die(error),
                }
            }
            if now < self.cadence.due() {
                return Next::Look;
            }
        }
        let counters = &self.shared.counters;
        counters.looked(now);
        counters.sweeps.add(u64::from(sweep));
        if let Err(error) = self.open_if_it_appeared(now, hints) {
            return self.end_or_follow(error, now, hints);
        }
        let look = match &mut self.target {
            Target::Absent => Ok(Look::Same),
            Target::Present(observer) => observer.look(now),
        };
        if let Ok(Look::Commits(Tally { inexact, .. })) = look
            && inexact == Some(Conservative::UnseenSession)
            && let Err(error) = self.check_identity(now, hints)
        {
            // Only the file's times had changed, and this is why.
            return self.end_or_follow(error, now, hints);
        }
        let found = match look {
            Ok(look) => {
                if matches!(self.target, Target::Present(_)) {
                    self.patience.restore();
                }
                match self.report(look, now) {
                    Ok(found) => found,
                    Err(error) => return self.end_or_follow(error, now, hints),
                }
            }
            Err(trouble) => match self.endure(trouble, now) {
                Ok(()) => Found::Busy,
                Err(error) => return self.die(error),
            },
        };
        self.doubt.look(found, self.is_certain());
        if found == Found::Nothing && !self.is_wake_held_back() && self.doubt.settle() {
            self.shared.wake.settle();
        }
        if let Err(error) = self.require_wal_for_shm() {
            return self.die(error);
        }
        self.tell_of_new_file(now);
        self.plan(found, sweep, (now, ticks), hints);
        if self.baseline_patience.is_tried() {
            self.cadence.look_soon(now);
        }
        match self.finish_opening(now) {
            Next::Look if sweep && found == Found::Commits => Next::LookSweepFound,
            next => next,
        }
    }

    /// Wakes subscribers if there is something to say.
    fn report(&mut self, look: Look, now: Duration) -> Result<Found, Error> {
        if look != Look::Busy {
            self.header_patience.restore();
            self.busy_patience.restore();
        }
        match look {
            Look::Same => Ok(Found::Nothing),
            Look::Busy => {
                self.shared.counters.busy_looks.add(1);
                self.tell_what_is_in_the_way(now);
                if self.opening.is_none() && self.has_seen_no_header() {
                    let endured = self.header_patience.endures(now, PATIENCE);
                    if !endured && let Some(error) = self.refuse_truncated() {
                        return Err(error);
                    }
                }
                Ok(Found::Busy)
            }
            Look::Commits(tally) => {
                if self.is_new {
                    // What further looks at a copy under way find is no commit of its own.
                    self.held_back = Some(match self.held_back {
                        None => tally,
                        Some(_) => Tally::at_least_one(Conservative::Appeared),
                    });
                } else if !self.replaced {
                    // The wake that tells of another file stands for what is in it.
                    self.wake(tally, self.is_certain());
                }
                Ok(Found::Commits)
            }
            Look::Overwritten(what) => Err(self.overwritten(what)),
        }
    }

    fn wake(&mut self, tally: Tally, is_conclusive: bool) {
        let counters = &self.shared.counters;
        counters.wakes.add(1);
        counters.commits.add(tally.commits);
        if let Some(reason) = tally.inexact {
            counters.conservative(reason);
            delivery::post(|| Notice::Conservative {
                path: self.location.path.clone(),
                reason,
            });
        }
        self.publish(News::Commits(tally), is_conclusive);
    }

    fn publish(&mut self, news: News, is_conclusive: bool) {
        if self.doubt.publish(is_conclusive) {
            self.count_doubt();
        }
        self.shared.publish(news, is_conclusive);
    }

    /// Whether a wake is due that tells of the file which is there now.
    fn is_wake_held_back(&self) -> bool {
        self.held_back.is_some() || self.replaced
    }

    /// Whether no commit is left to tell of those that were made by the last look that found any.
    fn is_certain(&self) -> bool {
        match &self.target {
            Target::Absent => true,
            Target::Present(observer) => observer.is_certain(),
        }
    }

    /// An error of the system may pass (out of memory, of descriptors); one that stays ends the watcher, because
    /// silence is never an answer.
    fn endure(&mut self, trouble: Trouble, now: Duration) -> Result<(), Error> {
        let path = &self.location.path;
        let error = match trouble.what {
            What::UnknownWalIndexVersion(version) => {
                return Err(Error::at(path, Reason::WalIndexVersion { version }));
            }
            What::System(error) => {
                Error::system(path, format!("cannot read {}", trouble.part), error)
            }
            #[cfg(feature = "data-version")]
            What::Sqlite { message, kind } => Error::at(path, Reason::Sqlite { message, kind }),
        };
        self.shared.set_last_error(error.to_string());
        let limit = if self.opening.is_some() {
            OPENING
        } else {
            PATIENCE
        };
        if self.patience.endures(now, limit) {
            Ok(())
        } else {
            Err(error)
        }
    }

    /// Sets the time of the next look.
    fn plan(
        &mut self,
        found: Found,
        sweep: bool,
        (now, ticks): (Duration, Ticks),
        hints: &mut Option<Hints<Id>>,
    ) {
        let target = &mut self.target;
        self.cadence.looked(now, found, ticks, || match target {
            Target::Absent => Writer::None,
            Target::Present(observer) => observer.writer(),
        });
        self.follow_storm(found, now, hints);
        if !sweep && self.cadence.is_sweep() {
            self.watch_kept_journal(hints);
        }
    }

    /// A backend that was weakened while running, with the reason in `stats()`.
    fn fall_back_to_polling(&mut self, why: String, now: Duration, hints: &mut Option<Hints<Id>>) {
        if let Some(mut watches) = self.watches.take() {
            watches.remove_all(self.id, hints);
        }
        self.cadence = Cadence::polling(self.poll_interval, now);
        self.shared.set_last_error(why.clone());
        delivery::post(|| Notice::Fallback {
            path: self.location.path.clone(),
            why: why.clone(),
        });
        self.shared
            .set_effective(WatcherBackend::Polling, Some(why));
    }
}
