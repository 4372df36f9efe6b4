//! A tiny run, from real processes to every table and picture.

use std::path::PathBuf;

use honker_bench::contender::Name;
use honker_bench::plan::{Plan, USUAL};
use honker_bench::report::{plots, terminal};
use honker_bench::results::{Crowd, Results};
use honker_bench::run::{self, Programs};
use honker_testkit::JournalMode;

fn programs() -> Programs {
    Programs {
        bench: env!("CARGO_BIN_EXE_honker-bench").into(),
        // It is built in a workspace of its own, which tests do not.
        published: PathBuf::from("/nonexistent"),
    }
}

#[test]
fn a_tiny_run_measures_everything_and_tells_it_the_same_way_each_time() {
    let results = run::run(&Plan::tiny(), &programs());

    let latency = results.latency(Name::Kernel, &USUAL).expect("measured");
    assert!(latency.commits > 0);
    assert_eq!(latency.unseen, 0);
    assert!(latency.from_start_p50_us.median >= latency.p50_us.median);
    let crowd = Crowd {
        mode: JournalMode::Wal,
        databases: 3,
    };
    let idle = results.idle(Name::Kernel, crowd).expect("measured");
    assert!(idle.cpu_ms_a_s.median > 0.0 && idle.threads > 0 && idle.descriptors > 0);
    for mode in [JournalMode::Wal, JournalMode::Delete] {
        let storm = results.storm(Name::Kernel, mode).expect("measured");
        assert!(storm.kept.median > 0.0 && storm.commits_a_s.median > 0.0);
        let beside = results.interference(Name::Kernel, mode).expect("measured");
        assert!(beside.tried > 0 && beside.busy == 0);
        let correct = results.correctness(Name::Kernel, mode).expect("measured");
        assert_eq!(
            (correct.missed, correct.spurious, correct.neighbours_wakes),
            (0, 0, 0)
        );
    }
    assert!(results.fan_out.iter().all(|cell| cell.measured.is_some()));
    assert!(!results.look.is_empty() && results.look.iter().all(|look| look.ns.median > 0.0));
    assert!(!results.machine.sqlite.is_empty() && results.machine.cores > 0);

    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("made/results.json");
    results.write(&path).expect("written");
    let again = Results::read(&path).expect("read");
    assert_eq!(again, results);
    assert_eq!(terminal::tables(&again), terminal::tables(&results));
    plots::write(&results, &path).expect("drawn");
    for (name, svg) in plots::all(&again).expect("drawn") {
        assert_eq!(
            std::fs::read_to_string(path.with_file_name(name)).expect("there"),
            svg
        );
        assert!(
            svg.ends_with("</svg>\n") && svg.contains("honker kernel"),
            "{name}"
        );
    }
}

#[test]
fn a_contender_that_cannot_run_is_a_result_and_ends_nothing() {
    let mut plan = Plan::tiny().with(&["latency".to_owned()]);
    plan.latency[0].contenders = vec![Name::PublishedKernel, Name::Floor];
    let results = run::run(&plan, &programs());
    let [failed, floor] = &results.latency[..] else {
        panic!("two contenders, not {:?}", results.latency);
    };
    assert!(failed.measured.is_none());
    assert!(
        failed.failures[0].contains("is not built"),
        "{:?}",
        failed.failures
    );
    assert!(floor.measured.is_some() && floor.failures.is_empty());
}
