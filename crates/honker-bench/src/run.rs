//! One run of everything.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use fastrand::Rng;
use indicatif::{ProgressBar, ProgressStyle};

pub use crate::child::Programs;
use crate::contender::Name;
use crate::plan::{Plan, Series};
use crate::results::{Cell, Machine, Results, VERSION};
use crate::workload;

/// Measures all that the plan has. What goes wrong with a contender is part of the result.
#[must_use]
pub fn run(plan: &Plan, programs: &Programs) -> Results {
    let began = Instant::now();
    let mut machine = Machine::describe();
    let mut bench = Bench::new(plan, programs);
    let mut results = Results {
        version: VERSION,
        plan: plan.name.to_owned(),
        ended: String::new(),
        seconds: 0.0,
        machine: Machine::default(),
        latency: workload::latency::run(&mut bench, plan),
        idle: workload::idle::run(&mut bench, plan),
        storm: workload::storm::run(&mut bench, plan),
        interference: workload::interference::run(&mut bench, plan),
        correctness: workload::correctness::run(&mut bench, plan),
        fan_out: workload::fan_out::run(&mut bench, plan),
        look: workload::look::run(&mut bench, plan),
    };
    bench.bar.finish_and_clear();
    machine.ended();
    results.machine = machine;
    results.ended = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    results.seconds = began.elapsed().as_secs_f64().round();
    results
}

/// What all workloads need.
pub(crate) struct Bench {
    pub(crate) programs: Programs,
    random: Rng,
    bar: ProgressBar,
    within: Duration,
}

impl Bench {
    fn new(plan: &Plan, programs: &Programs) -> Self {
        let bar = ProgressBar::new(turns(plan));
        // Drawn only between two measurements: nothing ticks beside them.
        let style = "{elapsed_precise} [{bar:40}] {pos}/{len}, {eta_precise} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self {
            programs: programs.clone(),
            random: Rng::with_seed(8),
            bar,
            within: plan.within,
        }
    }

    /// Shows what is measured next.
    pub(crate) fn at(&self, what: String) {
        self.bar.inc(1);
        let (turn, of) = (self.bar.position(), self.bar.length().unwrap_or(0));
        // Nothing is drawn where nobody sees it; a log gets a line now and then.
        if self.bar.is_hidden() && (turn % 20 == 1 || turn == of) {
            eprintln!("{turn}/{of} {what}");
        }
        self.bar.set_message(what);
    }
}

fn turns(plan: &Plan) -> u64 {
    fn of<S>(series: &[Series<S>]) -> u64 {
        let turns = series
            .iter()
            .map(|each| each.contenders.len() * each.repeats);
        turns.sum::<usize>() as u64
    }
    of(&plan.latency)
        + of(&plan.idle)
        + of(&plan.storm)
        + of(&plan.interference)
        + of(&plan.correctness)
        + of(&plan.fan_out)
        + workload::look::turns(plan)
}

/// What the repeats of one contender in one setting gave.
struct Repeats<R> {
    contender: Name,
    measured: Vec<R>,
    failures: Vec<String>,
}

/// Measures each contender in each setting, and begins again for the next repeat, with the contenders in another order:
/// what the machine does meanwhile meets all of them. A slow machine has fewer repeats: the workload gets `share` of the
/// time of the plan, and no repeat begins after that.
pub(crate) fn by_turns<S: Clone, R, M>(
    bench: &mut Bench,
    (workload, share): (&str, f64),
    series: &[Series<S>],
    mut round: impl FnMut(&Programs, &S, Name) -> Result<R, String>,
    sum_up: impl Fn(&[R]) -> M,
) -> Vec<Cell<S, M>> {
    let mut all: Vec<Vec<Repeats<R>>> = series.iter().map(|each| empty(&each.contenders)).collect();
    let repeats = series.iter().map(|each| each.repeats).max().unwrap_or(0);
    let deadline = Instant::now() + bench.within.mul_f64(share);
    for repeat in 0..repeats {
        for (series, rounds) in series.iter().zip(&mut all) {
            if repeat >= series.repeats {
                continue;
            }
            if repeat > 0 && Instant::now() > deadline {
                // All contenders of a setting have as many repeats.
                bench.bar.inc(rounds.len() as u64);
                continue;
            }
            let mut order: Vec<usize> = (0..rounds.len()).collect();
            bench.random.shuffle(&mut order);
            for index in order {
                let of = &mut rounds[index];
                bench.at(format!("{workload} {}", of.contender));
                match round(&bench.programs, &series.setting, of.contender) {
                    Ok(measured) => of.measured.push(measured),
                    Err(why) if of.failures.contains(&why) => {}
                    Err(why) => of.failures.push(why),
                }
            }
        }
    }
    let cells = series.iter().zip(all).flat_map(|(series, rounds)| {
        rounds.into_iter().map(|of| Cell {
            contender: of.contender,
            setting: series.setting.clone(),
            measured: (!of.measured.is_empty()).then(|| sum_up(&of.measured)),
            failures: of.failures,
        })
    });
    cells.collect()
}

fn empty<R>(contenders: &[Name]) -> Vec<Repeats<R>> {
    let none = |&contender| Repeats {
        contender,
        measured: Vec::new(),
        failures: Vec::new(),
    };
    contenders.iter().map(none).collect()
}

/// The programs of this build: this one, and the published crate's where `make bench` puts it.
///
/// # Errors
///
/// The path of this program is unknown.
pub fn programs(published: Option<PathBuf>) -> Result<Programs, String> {
    let bench = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = bench.parent().and_then(|profile| profile.parent());
    let beside = || target.map(|target| target.join("published/release/honker-bench-published"));
    Ok(Programs {
        published: published.or_else(beside).unwrap_or_default(),
        bench,
    })
}
