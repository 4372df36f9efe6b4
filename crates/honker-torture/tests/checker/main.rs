//! The checker: a good history passes, and each planted defect breaks the guarantee of its name.

mod ends;

use honker_testkit::numbered::Logged;
use honker_torture::checker::{Death, Guarantee, Span, Survival, Terms, Verdict, check};
use honker_torture::history::{Extra, History};
use honker_torture::record::{Kind, Record, Statistics, Told, Wake};

/// Commit k begins at k ms and returns 10 µs later; its wake comes 50 µs after that.
const MS: u64 = 1_000_000;
const RETURN: u64 = 10_000;
const WAKE: u64 = 60_000;
const COMMITS: u64 = 20;

fn logged(k: u64, returned: bool, ns: u64) -> Logged {
    Logged { k, returned, ns }
}

/// What two writers log that take turns.
fn logs() -> Vec<Vec<Logged>> {
    let log = |odd: u64| {
        let mine = (1..=COMMITS).filter(move |k| k % 2 == odd);
        mine.flat_map(|k| [logged(k, false, k * MS), logged(k, true, k * MS + RETURN)])
            .collect()
    };
    vec![log(0), log(1)]
}

fn history() -> History {
    let (history, lost) = History::new(&logs(), &[], COMMITS);
    assert_eq!(lost, Vec::<String>::new());
    history
}

fn wake(k: u64) -> Wake {
    let ns = k * MS + WAKE;
    Wake {
        ns,
        seq: k,
        commits: 1,
        exact: true,
        kind: Kind::Commit,
        read: Some(k),
        done_ns: ns + 20_000,
    }
}

/// What a watcher writes down that told each commit, after `change` changed that.
fn told(change: impl FnOnce(&mut Vec<Wake>)) -> Told {
    let mut wakes: Vec<Wake> = (1..=COMMITS).map(wake).collect();
    change(&mut wakes);
    let mut told = Told::default();
    told.add(Record::Began {
        sub: 0,
        before_ns: 100,
        after_ns: 200,
    });
    for wake in &wakes {
        told.add(Record::Wake {
            sub: 0,
            wake: *wake,
        });
    }
    told.add(Record::Ended {
        sub: 0,
        ns: 100 * MS,
        died: None,
        settled: true,
    });
    let inexact = wakes.iter().filter(|wake| !wake.exact).count() as u64;
    let conservative = [("unseen_session".to_owned(), inexact)].into();
    told.add(Record::Statistics(Statistics {
        conservative,
        ..Statistics::default()
    }));
    told
}

fn terms() -> Terms {
    Terms {
        bound_ns: 5 * MS,
        ..Terms::default()
    }
}

fn broken(verdict: &Verdict) -> Vec<Guarantee> {
    let mut names: Vec<_> = verdict.violations.iter().map(|v| v.guarantee).collect();
    names.sort_unstable();
    names
}

#[track_caller]
fn breaks(change: impl FnOnce(&mut Vec<Wake>), guarantee: Guarantee) {
    let verdict = check(&history(), &told(change), &terms());
    let names = broken(&verdict);
    assert!(
        names.contains(&guarantee),
        "{guarantee}: {:#?}",
        verdict.violations
    );
}

#[test]
fn a_good_history_passes() {
    let verdict = check(&history(), &told(|_| {}), &terms());
    assert_eq!(verdict.violations, []);
    assert_eq!((verdict.covered, verdict.wakes), (COMMITS, COMMITS));
    assert_eq!((verdict.conservative, verdict.unproven), (0, 0));
    let worst = verdict.lateness.max();
    assert!((49_000..51_000).contains(&worst), "{worst}");
}

#[test]
fn a_good_history_of_coalesced_wakes_passes() {
    let verdict = check(
        &history(),
        &told(|wakes| {
            let merged = wakes.remove(6);
            wakes[6].commits += merged.commits;
        }),
        &terms(),
    );
    assert_eq!(verdict.violations, []);
}

#[test]
fn a_missed_wake_at_the_end_is_found() {
    breaks(
        |wakes| wakes.truncate(wakes.len() - 1),
        Guarantee::NeverMisses,
    );
}

#[test]
fn a_missed_wake_in_the_middle_is_found() {
    breaks(
        |wakes| wakes.retain(|wake| wake.seq != 10),
        Guarantee::CountsExactly,
    );
}

#[test]
fn no_wakes_at_all_are_found() {
    breaks(Vec::clear, Guarantee::NeverMisses);
}

#[test]
fn a_spurious_wake_is_found() {
    breaks(
        |wakes| {
            let mut spurious = wakes[4];
            spurious.ns += MS / 2;
            spurious.done_ns = spurious.ns;
            wakes.insert(5, spurious);
            for (index, wake) in wakes.iter_mut().enumerate() {
                wake.seq = index as u64 + 1;
            }
        },
        Guarantee::NeverSpurious,
    );
}

#[test]
fn a_spurious_wake_that_no_read_follows_is_found() {
    breaks(
        |wakes| {
            let mut spurious = *wakes.last().expect("a wake");
            spurious.seq += 1;
            spurious.ns += MS;
            wakes.push(spurious);
            for wake in wakes {
                wake.read = None;
            }
        },
        Guarantee::NeverSpurious,
    );
}

#[test]
fn a_wake_for_nothing_is_found() {
    breaks(|wakes| wakes[3].commits = 0, Guarantee::NeverSpurious);
}

#[test]
fn a_wake_before_its_commit_began_is_found() {
    breaks(
        |wakes| {
            wakes[7].ns = 8 * MS - 50_000;
            wakes[7].read = None;
        },
        Guarantee::NeverSpurious,
    );
}

#[test]
fn a_wake_before_its_commit_can_be_read_is_found() {
    breaks(
        |wakes| {
            wakes[7].ns = 8 * MS + 5_000;
            wakes[7].read = Some(7);
        },
        Guarantee::NotEarly,
    );
}

#[test]
fn a_late_wake_is_found() {
    breaks(
        |wakes| {
            // The last commit's, because the count of any other would tell as well.
            let last = wakes.last_mut().expect("a wake");
            last.ns += 6 * MS;
            last.done_ns = last.ns;
        },
        Guarantee::Bounded,
    );
}

#[test]
fn a_late_wake_is_excused_while_its_process_was_stopped() {
    let late = told(|wakes| {
        let last = wakes.last_mut().expect("a wake");
        last.ns += 6 * MS;
        last.done_ns = last.ns;
    });
    let mut terms = terms();
    terms.excused.push(Span {
        from_ns: COMMITS * MS,
        to_ns: (COMMITS + 5) * MS,
    });
    assert_eq!(check(&history(), &late, &terms).violations, []);
}

#[test]
fn a_short_stop_excuses_no_more_than_its_own_time() {
    let late = told(|wakes| {
        let last = wakes.last_mut().expect("a wake");
        last.ns += 6 * MS;
        last.done_ns = last.ns;
    });
    let mut terms = terms();
    // Just before the wake that is late.
    let to_ns = (COMMITS + 6) * MS;
    let from_ns = to_ns - MS / 10;
    terms.excused.push(Span { from_ns, to_ns });
    assert_eq!(
        broken(&check(&history(), &late, &terms)),
        [Guarantee::Bounded]
    );
}

#[test]
fn an_idle_wake_that_nobody_asked_for_is_found() {
    breaks(
        |wakes| {
            let mut idle = *wakes.last().expect("a wake");
            idle.seq += 1;
            idle.ns += MS;
            (idle.commits, idle.kind) = (0, Kind::Idle);
            wakes.push(idle);
        },
        Guarantee::NeverSpurious,
    );
}

#[test]
fn a_replacement_that_is_in_no_statistics_is_found() {
    breaks(
        |wakes| {
            let mut replaced = *wakes.last().expect("a wake");
            replaced.seq += 1;
            replaced.ns += MS;
            (replaced.commits, replaced.kind) = (0, Kind::Replaced);
            wakes.push(replaced);
        },
        Guarantee::CountsTheConservative,
    );
}

#[test]
fn counts_that_are_too_high_or_too_low_are_found() {
    breaks(|wakes| wakes[11].commits += 1, Guarantee::NeverSpurious);
    breaks(
        |wakes| {
            wakes[11].commits += 1;
            for wake in wakes {
                wake.read = None;
            }
        },
        Guarantee::NeverSpurious,
    );
    breaks(
        |wakes| {
            // Two commits in one wake that tells one.
            wakes.remove(11);
        },
        Guarantee::CountsExactly,
    );
}

#[test]
fn an_inexact_wake_may_be_for_nothing_if_it_is_counted() {
    let change = |wakes: &mut Vec<Wake>| {
        let mut unproven = *wakes.last().expect("a wake");
        unproven.seq += 1;
        unproven.ns += MS;
        unproven.done_ns += MS;
        unproven.exact = false;
        wakes.push(unproven);
    };
    let verdict = check(&history(), &told(change), &terms());
    assert_eq!(verdict.violations, []);
    assert_eq!((verdict.conservative, verdict.unproven), (1, 1));

    let mut uncounted = told(change);
    uncounted.statistics = Some(Statistics::default());
    let verdict = check(&history(), &uncounted, &terms());
    assert_eq!(broken(&verdict), [Guarantee::CountsTheConservative]);
}

#[test]
fn an_inexact_wake_does_not_excuse_two_wakes_for_nothing() {
    breaks(
        |wakes| {
            for (more, exact) in [(1, false), (2, true)] {
                let mut unproven = *wakes.last().expect("a wake");
                unproven.seq += more;
                unproven.ns += more * MS;
                unproven.done_ns = unproven.ns;
                unproven.exact = exact;
                wakes.push(unproven);
            }
        },
        Guarantee::NeverSpurious,
    );
}

#[test]
fn wakes_out_of_order_are_found() {
    breaks(|wakes| wakes[5].seq = 5, Guarantee::Ordered);
}
