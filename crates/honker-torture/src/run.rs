//! Random rounds from a seed, until the time is over.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;
use honker_testkit::JournalMode;
use tempfile::TempDir;

use crate::faults::Fault;
use crate::plan::{Plan, choose};
use crate::round::{self, Judged};
use crate::summary::Summary;

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Orders {
    /// For how long.
    pub time: Duration,
    /// What all choices come from.
    pub seed: u64,
    /// How long the writers of a round run.
    pub round: Duration,
    /// In these modes only; empty for all of them.
    pub modes: Vec<JournalMode>,
    /// These faults only, one of them in each round; empty for all of them, up to three a round.
    pub faults: Vec<Fault>,
    /// Where the directories of rounds are made.
    pub base: PathBuf,
}

/// Runs rounds, says what each of them was, and sums them up.
///
/// # Errors
/// What the machine refused.
pub fn run(orders: &Orders) -> Result<Summary, String> {
    let began = Instant::now();
    let mut rng = Rng::with_seed(orders.seed);
    let mut summary = Summary::default();
    let faults = available(&orders.faults, &mut summary);
    let modes = modes_for(orders, &faults)?;
    let mut number = 0;
    while began.elapsed() < orders.time {
        let mode = mode_of(number, &modes);
        let drawn = if orders.faults.is_empty() {
            draw_faults(&mut rng, mode, &faults, number)
        } else {
            let mut fitting = faults.clone();
            fitting.retain(|fault| fault.is_for(mode));
            rng.choice(fitting).into_iter().collect()
        };
        let left = orders.time.saturating_sub(began.elapsed());
        let round = orders.round.min(left.max(Duration::from_secs(1)));
        let millis = u64::try_from(round.as_millis()).unwrap_or(u64::MAX);
        let plan = Plan::draw(rng.u64(..), millis, mode, &drawn);
        number += 1;
        let judged = carry_out(&plan, &orders.base)?;
        println!("{}", describe(number, &judged));
        summary.add(&judged);
    }
    summary.elapsed = began.elapsed();
    Ok(summary)
}

/// Those that can be done here; why the others can't is said.
fn available(faults: &[Fault], summary: &mut Summary) -> Vec<Fault> {
    let mut available = match faults {
        [] => Fault::ALL.to_vec(),
        chosen => chosen.to_vec(),
    };
    available.retain(|fault| match fault.available() {
        Ok(()) => true,
        Err(reason) => {
            println!("without {fault}: {reason}");
            summary.skipped.push((*fault, reason));
            false
        }
    });
    available
}

/// The modes that are asked for, and that one of the faults is for, if some are asked for; empty for all of them.
fn modes_for(orders: &Orders, faults: &[Fault]) -> Result<Vec<JournalMode>, String> {
    if orders.faults.is_empty() {
        return Ok(orders.modes.clone());
    }
    if faults.is_empty() {
        return Err("none of these faults can be done here".into());
    }
    let mut fitting = match &orders.modes[..] {
        [] => JournalMode::ALL.to_vec(),
        chosen => chosen.to_vec(),
    };
    fitting.retain(|mode| faults.iter().any(|fault| fault.is_for(*mode)));
    match fitting.len() {
        0 => Err("none of these faults is for any of these modes: leave --mode out".into()),
        all if all == JournalMode::ALL.len() => Ok(Vec::new()),
        _ => Ok(fitting),
    }
}

/// The modes in turn, WAL each second time: that is where most can go wrong.
fn mode_of(number: usize, modes: &[JournalMode]) -> JournalMode {
    match modes {
        [] if number.is_multiple_of(2) => JournalMode::Wal,
        [] => JournalMode::ROLLBACK[number / 2 % JournalMode::ROLLBACK.len()],
        chosen => chosen[number % chosen.len()],
    }
}

/// A fault, and up to two more that go with it; kills more often than others.
fn draw_faults(rng: &mut Rng, mode: JournalMode, from: &[Fault], number: usize) -> Vec<Fault> {
    let mut fitting = from.to_vec();
    fitting.retain(|fault| fault.is_for(mode));
    if fitting.is_empty() {
        return fitting;
    }
    // Each third round makes as many commits as can be.
    let first = match number % 3 {
        0 if fitting.contains(&Fault::Saturation) => Fault::Saturation,
        _ => choose(rng, &fitting),
    };
    let mut drawn = vec![first];
    for _ in 0..2 {
        let next = if rng.bool() {
            Fault::WriterKills
        } else {
            choose(rng, &fitting)
        };
        if fitting.contains(&next) && drawn.iter().all(|fault| fault.goes_with(next)) {
            drawn.push(next);
        }
    }
    drawn
}

/// Carries a plan out and checks it. The directory stays only if something was broken, or it could not go on.
///
/// # Errors
/// What the machine refused.
pub fn carry_out(plan: &Plan, base: &Path) -> Result<Judged, String> {
    let dir = tempfile::Builder::new()
        .prefix("honker-torture-")
        .tempdir_in(base)
        .map_err(|error| format!("{}: {error}", base.display()))?;
    let mut dir = Kept(Some(dir));
    round::carry_out(plan, dir.path())?;
    let judged = round::judge(dir.path())?;
    if judged.broken.is_empty() {
        dir.remove();
    }
    Ok(judged)
}

/// A directory that stays unless it is removed, and says so, also where something panics.
struct Kept(Option<TempDir>);

impl Kept {
    fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), TempDir::path)
    }

    fn remove(&mut self) {
        self.0 = None;
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(dir) = self.0.take() {
            let dir = dir.keep();
            println!("kept: {}", dir.display());
            println!(
                "check it again: target/debug/honker-torture check {}",
                dir.display()
            );
        }
    }
}

/// One line about a round, and one for each violation.
pub fn describe(number: usize, judged: &Judged) -> String {
    let outcome = &judged.outcome;
    let names: Vec<&str> = outcome.plan.faults.iter().map(|f| f.name()).collect();
    let mut text = format!(
        "round {number} {:8} {:>7} commits {:>4} kills {:>5} sessions  {}  (seed {})",
        outcome.plan.mode,
        outcome.made,
        outcome.kills,
        outcome.sessions,
        names.join(" "),
        outcome.plan.seed,
    );
    let refused: BTreeSet<&String> = outcome.refused.iter().collect();
    for refusal in refused {
        let _ = write!(text, "\n  a writer was refused: {refusal}");
    }
    for (plan, (_, statistics)) in outcome.plan.watchers.iter().zip(&judged.watchers) {
        if let Some(why) = &statistics.fallback {
            let _ = write!(text, "\n  {} came to poll: {why}", plan.backend);
        }
    }
    for (watcher, violation) in &judged.broken {
        let by = watcher.map_or("-".to_owned(), |index| {
            let plan = &outcome.plan.watchers[index];
            format!("watcher-{index} ({})", plan.backend)
        });
        let _ = write!(text, "\n  BROKEN {by}: {violation}");
    }
    text
}
