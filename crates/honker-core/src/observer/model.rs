//! An exhaustive state-space test of the rules.

mod explore;
mod ledger;
mod rollback;
mod simulated;
mod step;
mod world;

use explore::{Scenario, Setting, explore};
use world::Times;

const FAST: Setting = Setting {
    times: Times::Strict,
    pace: 10,
    events: false,
    interruptions: 2,
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
    run_in(
        scenario,
        Setting {
            interruptions: 0,
            ..FAST
        },
    );
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
            failure.describe(&scenario.script)
        ),
    }
}
