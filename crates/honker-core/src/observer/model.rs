//! An exhaustive state-space test of the rules.

mod cast;
mod explore;
mod ledger;
mod node;
mod random;
mod rollback;
mod several;
mod simulated;
mod step;
mod switching;
mod wal;
mod world;
mod writers;

use crate::stats::Conservative;
use explore::{Scenario, Setting, explore};
use world::Times;

const FAST: Setting = Setting {
    times: Times::Strict,
    pace: 10,
    events: false,
    interruptions: 2,
    reach: usize::MAX,
};

/// Explores a history with looks that are interrupted, twice, and with slow steps between looks.
fn run(scenario: &Scenario) {
    run_fast(scenario);
    run_in(
        scenario,
        Setting {
            pace: 30_000,
            interruptions: 1,
            ..FAST
        },
    );
    run_in(
        scenario,
        Setting {
            pace: 30_000,
            interruptions: 0,
            ..FAST
        },
    );
}

fn run_fast(scenario: &Scenario) {
    run_in(scenario, FAST);
    if !scenario.needs_times {
        run_in(
            scenario,
            Setting {
                times: Times::Coarse,
                interruptions: 1,
                ..FAST
            },
        );
    }
    run_in(
        scenario,
        Setting {
            interruptions: 0,
            ..FAST
        },
    );
}

/// Explores a history of WAL: the times of files matter there, and whether directory events can be had.
fn run_wal(scenario: &Scenario) {
    for (times, events) in [
        (Times::Strict, false),
        (Times::OnDemand, true),
        (Times::Coarse, true),
        (Times::Coarse, false),
    ] {
        let mut scenario = scenario.clone();
        if times != Times::Strict && !events {
            scenario.forgiven.push(Conservative::UnseenSession);
            scenario.exact = false;
        }
        // With each further step there are several times as many ways.
        let is_long = scenario.script.len() > 16;
        let setting = Setting {
            times,
            events,
            reach: if is_long { 3 } else { usize::MAX },
            ..FAST
        };
        run_in(
            &scenario,
            Setting {
                interruptions: 0,
                ..setting
            },
        );
        if is_long && !honker_testkit::full_counts() {
            continue;
        }
        run_in(
            &scenario,
            Setting {
                interruptions: 1,
                ..setting
            },
        );
        // Slow enough for clock ticks to pass in between.
        if times == Times::Coarse || honker_testkit::full_counts() {
            run_in(
                &scenario,
                Setting {
                    interruptions: 1,
                    pace: 30_000,
                    ..setting
                },
            );
        }
        // Two interruptions in a look make a hundred times as many.
        if honker_testkit::full_counts() && scenario.script.len() <= 12 {
            run_in(
                &scenario,
                Setting {
                    reach: 3,
                    ..setting
                },
            );
        }
    }
}

fn run_each(scenarios: impl Iterator<Item = Scenario>) {
    scenarios.for_each(|scenario| run(&scenario));
}

fn run_in(scenario: &Scenario, setting: Setting) {
    let started = std::time::Instant::now();
    match explore(scenario, setting) {
        Ok(looks) => println!(
            "{looks:8} looks {:?} {} {setting:?}",
            started.elapsed(),
            scenario.name
        ),
        Err(failure) => panic!(
            "{}: {}\n  {setting:?}\n{}",
            scenario.name,
            failure.what,
            failure.describe()
        ),
    }
}
