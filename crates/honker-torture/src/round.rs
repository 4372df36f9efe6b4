//! One round: its plan carried out, and what the checker says to it.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use honker_testkit::Writer;
use serde::{Deserialize, Serialize};

use crate::attached;
use crate::checker::{Guarantee, Terms, Verdict, Violation, check};
use crate::faults::Fault;
use crate::history::{Extra, History};
use crate::plan::Plan;
use crate::record::{Statistics, Told};
use crate::scene::Scene;
use honker_testkit::numbered::read_log;

/// The file that tells, beside the logs, all that a check needs.
const RECORD: &str = "round.json";

/// What a round leaves behind: with the logs beside it, it can be checked again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// What it was to be.
    pub plan: Plan,
    /// The counter at the end.
    pub made: u64,
    /// Commits no counter tells.
    pub extras: Vec<Extra>,
    /// Writers killed.
    pub kills: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// How often each fault was done.
    pub strokes: Vec<(Fault, u64)>,
    /// What SQLite refused to writers.
    pub refused: Vec<String>,
    /// What is wrong already without the checker.
    pub problems: Vec<(Guarantee, String)>,
    /// What is asked of each watcher.
    pub terms: Vec<Terms>,
}

/// What the checker says to a round.
#[derive(Debug)]
pub struct Judged {
    /// The round.
    pub outcome: Outcome,
    /// Each watcher's verdict and statistics, in the order of the plan.
    pub watchers: Vec<(Verdict, Statistics)>,
    /// Commits whose writer was killed in them, and which were made.
    pub in_doubt: u64,
    /// What was broken: by which watcher, or by none of them.
    pub broken: Vec<(Option<usize>, Violation)>,
}

/// Carries a plan out in that directory, and writes down what is needed to check it.
///
/// # Errors
/// Why it could not begin.
pub fn carry_out(plan: &Plan, dir: &Path) -> Result<Outcome, String> {
    let scene = Scene::set(plan, dir)?;
    let strokes: Vec<(Fault, Mutex<u64>)> = plan
        .faults
        .iter()
        .map(|fault| (*fault, Mutex::new(0)))
        .collect();
    let problems = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (index, (fault, strokes)) in strokes.iter().enumerate() {
            let (scene, problems) = (&scene, &problems);
            let mut rng = Rng::with_seed(plan.seed.wrapping_add(index as u64 + 1));
            scope.spawn(move || {
                while !scene.is_over() {
                    match fault.strike(scene, &mut rng) {
                        Ok(more) => *lock(strokes) += more,
                        Err(problem) => {
                            lock(problems).push((Guarantee::Loud, format!("{fault}: {problem}")));
                            break;
                        }
                    }
                }
            });
        }
        let mut rng = Rng::new();
        while !scene.is_over() {
            scene.rest(&mut rng, Duration::from_millis(plan.millis));
        }
    });
    let problems = lock(&problems).clone();
    let strokes = strokes
        .into_iter()
        .map(|(fault, strokes)| (fault, *lock(&strokes)));
    let outcome = settle(plan, scene, strokes.collect(), problems);
    let text = serde_json::to_string_pretty(&outcome).expect("an outcome is JSON");
    std::fs::write(dir.join(RECORD), text).map_err(|error| format!("{RECORD}: {error}"))?;
    Ok(outcome)
}

/// Ends the writers, asks the database, and then lets the watchers finish.
fn settle(
    plan: &Plan,
    scene: Scene,
    strokes: Vec<(Fault, u64)>,
    mut problems: Vec<(Guarantee, String)>,
) -> Outcome {
    let conduct = std::sync::Arc::clone(&scene.writers.conduct);
    conduct.kill_within_us.store(0, Ordering::Relaxed);
    let Scene {
        database,
        watchers,
        writers,
        mounted: _mounted,
        ..
    } = scene;
    let logs = writers.finish();
    let is_attached = plan.writers.iter().any(|writing| writing.attached);
    let made = ask(&database, is_attached, &mut problems);
    let extras = lock(&conduct.extras).clone();
    let (history, lost) = read_history(&logs, &extras, made);
    problems.extend(lost.into_iter().map(|lost| (Guarantee::NoLostUpdate, lost)));
    let mut terms = Vec::new();
    for (watcher, plan) in watchers.iter().zip(&plan.watchers) {
        let mut asked = plan.terms();
        asked.excused = watcher.spans();
        let within = Duration::from_nanos(asked.bound_ns);
        if let Err(problem) = watcher.finish(history.last_began(), within) {
            problems.push((Guarantee::Loud, problem));
        }
        terms.push(asked);
    }
    let refused = conduct.errors();
    let refusals: BTreeSet<_> = refused.iter().collect();
    let refusals = refusals.into_iter();
    problems.extend(refusals.filter_map(|refusal| unexplained(refusal, &plan.faults)));
    Outcome {
        plan: plan.clone(),
        made,
        extras,
        kills: conduct.kills.load(Ordering::Relaxed),
        sessions: conduct.sessions.load(Ordering::Relaxed),
        strokes,
        refused,
        problems,
        terms,
    }
}

/// What a refusal breaks, unless something explains it that was done to the writers.
fn unexplained(refusal: &str, faults: &[Fault]) -> Option<(Guarantee, String)> {
    let is = |codes: &[u8]| {
        let mut codes = codes.iter();
        // The shell tells it in its text.
        codes.any(|code| refusal.contains(&format!("({code})")))
    };
    // SQLITE_CORRUPT and SQLITE_NOTADB.
    let guarantee = if is(&[11, 26]) {
        Guarantee::Integrity
    } else {
        Guarantee::Harmless
    };
    let explained = match guarantee {
        Guarantee::Integrity => false,
        // SQLITE_BUSY: a switch of the journal mode does not wait.
        _ if is(&[5]) => faults.contains(&Fault::ModeFlips),
        // SQLITE_IOERR, SQLITE_FULL and SQLITE_CANTOPEN.
        _ if is(&[10, 13, 14]) => faults.contains(&Fault::DiskFull),
        // Python's `sleep` beside libfaketime: no code of SQLite's.
        _ if refusal.contains("[Errno 22]") => faults.contains(&Fault::ClockSteps),
        _ => false,
    };
    (!explained).then(|| (guarantee, format!("a writer was told: {refusal}")))
}

/// The counter, after a look whether the database, and the one attached to it, is whole and has a row for each commit.
fn ask(database: &Path, is_attached: bool, problems: &mut Vec<(Guarantee, String)>) -> u64 {
    let mut writer = Writer::spawn();
    let conn = writer.open(database);
    let attached = if is_attached {
        writer.exec(conn, &attached::attach(database)).map(drop)
    } else {
        Ok(())
    };
    // Of all that is attached.
    let rows = attached.and_then(|()| writer.query(conn, "PRAGMA integrity_check"));
    let is_whole = rows.as_ref().is_ok_and(|rows| rows[0][0] == "ok");
    if !is_whole {
        problems.push((Guarantee::Integrity, format!("integrity_check: {rows:?}")));
        return 0;
    }
    let made = writer.query_i64(conn, "SELECT n FROM counter");
    let mut tables = vec!["main.entry"];
    if is_attached {
        tables.push("attached.entry");
    }
    for table in tables {
        let mut ask = |what| writer.query_i64(conn, &format!("SELECT {what} FROM {table}"));
        let (entries, highest) = (ask("count(*)"), ask("coalesce(max(k), 0)"));
        if (entries, highest) != (made, made) {
            let lost =
                format!("the counter is {made}, beside {entries} rows in {table} up to {highest}");
            problems.push((Guarantee::NoLostUpdate, lost));
        }
    }
    writer.close(conn);
    writer.finish();
    made.unsigned_abs()
}

fn read_history(logs: &[PathBuf], extras: &[Extra], made: u64) -> (History, Vec<String>) {
    let logs: Vec<_> = logs
        .iter()
        .map(|log| read_log(log).unwrap_or_else(|error| panic!("{}: {error}", log.display())))
        .collect();
    History::new(&logs, extras, made)
}

/// Checks the round whose logs are in that directory.
///
/// # Errors
/// What cannot be read there.
pub fn judge(dir: &Path) -> Result<Judged, String> {
    let record = dir.join(RECORD);
    let refuse = |error: &dyn std::fmt::Display| format!("{}: {error}", record.display());
    let text = std::fs::read_to_string(&record).map_err(|error| refuse(&error))?;
    let outcome: Outcome = serde_json::from_str(&text).map_err(|error| refuse(&error))?;
    let logs: Vec<PathBuf> = (0..outcome.plan.writers.len())
        .map(|index| dir.join(format!("writer-{index}.log")))
        .collect();
    let (history, _) = read_history(&logs, &outcome.extras, outcome.made);
    let mut judged = Judged {
        in_doubt: history.in_doubt(),
        watchers: Vec::new(),
        broken: Vec::new(),
        outcome,
    };
    for (guarantee, what) in &judged.outcome.problems {
        let violation = Violation {
            guarantee: *guarantee,
            sub: 0,
            ns: 0,
            what: what.clone(),
        };
        judged.broken.push((None, violation));
    }
    let may_poll = judged
        .outcome
        .plan
        .faults
        .iter()
        .any(|fault| fault.takes_events());
    for (index, terms) in judged.outcome.terms.iter().enumerate() {
        let log = dir.join(format!("watcher-{index}.jsonl"));
        let told = Told::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let verdict = check(&history, &told, terms);
        let violations = verdict.violations.iter().cloned();
        let broken = violations.map(|violation| (Some(index), violation));
        judged.broken.extend(broken);
        let statistics = told.statistics.unwrap_or_default();
        if let (Some(why), false) = (&statistics.fallback, may_poll) {
            let violation = Violation {
                guarantee: Guarantee::Loud,
                sub: 0,
                ns: 0,
                what: format!("it came to poll: {why}"),
            };
            judged.broken.push((Some(index), violation));
        }
        judged.watchers.push((verdict, statistics));
    }
    Ok(judged)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
