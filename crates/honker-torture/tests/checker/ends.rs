//! What a history says of deaths, of lost updates, of commits in doubt, and of what came before a subscription.

use super::*;

#[test]
fn an_unexpected_death_and_a_missing_one_are_found() {
    let mut dead = told(|_| {});
    let replaced = Some("Replaced".to_owned());
    if let Some(subscription) = dead.subscriptions.get_mut(&0) {
        subscription.died = replaced;
        subscription.settled = false;
    }
    let mut terms = terms();
    assert_eq!(broken(&check(&history(), &dead, &terms)), [Guarantee::Loud]);
    terms.death = Death::of(&["Replaced"], Survival::Forbidden);
    assert_eq!(broken(&check(&history(), &dead, &terms)), []);
    let alive = told(|_| {});
    assert_eq!(
        broken(&check(&history(), &alive, &terms)),
        [Guarantee::Loud]
    );
    terms.death = Death::of(&["Io"], Survival::Allowed);
    assert_eq!(broken(&check(&history(), &dead, &terms)), [Guarantee::Loud]);
}

#[test]
fn a_process_that_ends_without_a_word_is_found() {
    let mut told = told(|_| {});
    if let Some(subscription) = told.subscriptions.get_mut(&0) {
        subscription.ended_ns = None;
    }
    assert!(broken(&check(&history(), &told, &terms())).contains(&Guarantee::Loud));
}

#[test]
fn a_watcher_that_never_began_or_left_no_statistics_is_found() {
    let nothing = check(&history(), &Told::default(), &terms());
    assert_eq!(broken(&nothing), [Guarantee::Loud]);
    let mut silent = told(|_| {});
    silent.statistics = None;
    assert_eq!(
        broken(&check(&history(), &silent, &terms())),
        [Guarantee::Loud]
    );
}

#[test]
fn a_further_subscription_that_ends_for_no_good_reason_is_found() {
    let mut told = told(|_| {});
    told.add(Record::Began {
        sub: 1,
        before_ns: COMMITS * MS + MS / 2,
        after_ns: COMMITS * MS + MS / 2 + 100,
    });
    told.add(Record::Ended {
        sub: 1,
        ns: 50 * MS,
        died: Some("Io".to_owned()),
        settled: false,
    });
    assert_eq!(
        broken(&check(&history(), &told, &terms())),
        [Guarantee::Loud]
    );
}

#[test]
fn a_subscription_may_be_told_one_commit_before_it_only_while_another_is_under_way() {
    // It begins in commit 10, or between commits 9 and 10, and is told commit 9 all the same.
    let begun_at = |ns: u64| {
        let mut told = told(|wakes| drop(wakes.drain(..8)));
        if let Some(subscription) = told.subscriptions.get_mut(&0) {
            subscription.before_ns = ns;
            subscription.after_ns = ns + 1;
            subscription.wakes[0].ns = 10 * MS + RETURN;
            subscription.wakes[0].read = None;
            subscription
                .wakes
                .iter_mut()
                .for_each(|wake| wake.read = None);
        }
        broken(&check(&history(), &told, &terms()))
    };
    assert_eq!(begun_at(10 * MS + 1), []);
    assert_eq!(begun_at(9 * MS + 2 * RETURN), [Guarantee::NeverSpurious]);
}

#[test]
fn a_lost_update_is_found() {
    let lost = |logs: &[Vec<Logged>], made| History::new(logs, &[], made).1;
    // It returned, and is not there.
    assert_eq!(lost(&logs(), COMMITS - 1).len(), 1);
    // Two got one number.
    let mut twice = logs();
    let returned = COMMITS * MS + RETURN;
    twice.push(vec![
        logged(3, false, returned),
        logged(3, true, returned + 1),
    ]);
    assert!(!lost(&twice, COMMITS).is_empty());
    // Nobody made it.
    assert_eq!(lost(&logs(), COMMITS + 1).len(), 1);
}

#[test]
fn a_commit_in_doubt_is_no_lost_update_and_needs_a_wake_only_if_it_was_made() {
    let mut in_doubt = logs();
    // Its writer was killed before it could say more.
    in_doubt.push(vec![logged(COMMITS + 1, false, (COMMITS + 1) * MS)]);
    let (history, lost) = History::new(&in_doubt, &[], COMMITS);
    assert_eq!(
        (lost.len(), history.made(), history.in_doubt()),
        (0, COMMITS, 0)
    );
    assert_eq!(broken(&check(&history, &told(|_| {}), &terms())), []);

    let (history, lost) = History::new(&in_doubt, &[], COMMITS + 1);
    assert_eq!((lost.len(), history.in_doubt()), (0, 1));
    let verdict = check(&history, &told(|_| {}), &terms());
    assert_eq!(broken(&verdict), [Guarantee::NeverMisses]);
    let woken = told(|wakes| wakes.push(wake(COMMITS + 1)));
    assert_eq!(broken(&check(&history, &woken, &terms())), []);
}

#[test]
fn an_uncounted_commit_explains_one_wake_and_no_more() {
    let extra = Extra {
        before_ns: COMMITS * MS + MS / 2,
    };
    let (history, _) = History::new(&logs(), &[extra], COMMITS);
    let another = |more: u64| {
        told(move |wakes| {
            for more in 1..=more {
                let mut wake = wake(COMMITS + more);
                wake.read = None;
                wakes.push(wake);
            }
        })
    };
    assert_eq!(broken(&check(&history, &another(1), &terms())), []);
    let verdict = check(&history, &another(2), &terms());
    assert_eq!(broken(&verdict), [Guarantee::NeverSpurious]);
}

#[test]
fn a_further_subscription_may_be_told_what_its_first_look_left_over_but_not_as_exact() {
    // It begins after commit 12, and is told some of those before as well.
    let begun_and_told = |before: u64, exact: bool| {
        let mut told = told(|_| {});
        told.add(Record::Began {
            sub: 1,
            before_ns: 12 * MS + MS / 2,
            after_ns: 12 * MS + MS / 2 + 100,
        });
        let mut first = wake(13);
        first.read = None;
        first.commits += before;
        first.exact = exact;
        told.add(Record::Wake {
            sub: 1,
            wake: first,
        });
        broken(&check(&history(), &told, &terms()))
    };
    assert_eq!(begun_and_told(0, true), []);
    assert_eq!(begun_and_told(1, true), [Guarantee::NeverSpurious]);
    assert_eq!(begun_and_told(1, false), []);
}
