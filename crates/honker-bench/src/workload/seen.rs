//! Which wake showed a commit to its subscriber.

use honker_bench_contender::protocol::Wake;
use honker_testkit::Done;

/// A read that took longer had to wait for the writer: what it found was not yet there at the wake.
const BLOCKED_NS: u64 = 500_000;

/// When each commit was seen: at the first wake after which a read found it. `None`: at none.
///
/// A wake that came too early to read the commit does not count, whatever the contender thought. Nor does one whose
/// read waited until there was something: then the end of the read counts.
pub(crate) fn by_reading(commits: &[Done], first_id: i64, wakes: &[Wake]) -> Vec<Option<u64>> {
    let mut seen = Vec::with_capacity(commits.len());
    let mut wakes = wakes.iter().peekable();
    for (id, commit) in (first_id..).zip(commits) {
        while wakes.peek().is_some_and(|wake| wake.saw < id) {
            wakes.next();
        }
        seen.push(wakes.peek().map(|wake| {
            let is_blocked = wake.read_ns - wake.ns > BLOCKED_NS;
            if is_blocked || wake.ns < commit.before_ns {
                wake.read_ns
            } else {
                wake.ns
            }
        }));
    }
    seen
}

/// For the contender that looks at nothing: when its last wake came before the next commit began, or else its first
/// one after that. Its first of all may be about a part of the commit.
pub(crate) fn by_time(commits: &[Done], wakes: &[Wake]) -> Vec<Option<u64>> {
    let ends = commits.iter().skip(1).map(|next| next.before_ns);
    let ends = ends.chain([u64::MAX]);
    let of = |(commit, end): (&Done, u64)| {
        let until = wakes.partition_point(|wake| wake.ns < end);
        let last = wakes[..until]
            .last()
            .filter(|wake| wake.ns >= commit.before_ns);
        last.or(wakes.get(until)).map(|wake| wake.ns)
    };
    commits.iter().zip(ends).map(of).collect()
}

/// Wakes after which there was nothing to read that an earlier one had not shown.
pub(crate) fn needless(first_id: i64, wakes: &[Wake]) -> u64 {
    let mut known = first_id - 1;
    let mut needless = 0;
    for wake in wakes {
        if wake.saw <= known {
            needless += 1;
        }
        known = known.max(wake.saw);
    }
    needless
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wake(ns: u64, saw: i64) -> Wake {
        Wake {
            database: 0,
            ns,
            commits: 1,
            saw,
            read_ns: ns + 5,
        }
    }

    fn commit(before_ns: u64, after_ns: u64) -> Done {
        Done {
            before_ns,
            after_ns,
        }
    }

    #[test]
    fn a_commit_is_seen_at_the_first_wake_that_could_read_it() {
        // The second wake came too early to show the second commit; the third shows two; nobody shows the last.
        let wakes = [wake(10, 2), wake(20, 2), wake(30, 4)];
        let commits = [commit(5, 8), commit(15, 21), commit(25, 29), commit(35, 40)];
        let seen = by_reading(&commits, 2, &wakes);
        assert_eq!(seen, [Some(10), Some(30), Some(30), None]);
        assert_eq!(needless(2, &wakes), 1);
    }

    #[test]
    fn a_read_that_waited_for_the_writer_saw_the_commit_at_its_end() {
        let commits = [commit(5, 8), commit(15, 900_000)];
        let mut blocked = wake(10, 3);
        blocked.read_ns = 900_010;
        assert_eq!(by_reading(&commits, 2, &[blocked]), [Some(900_010); 2]);
        // Not long, but it began before the commit did.
        let early = wake(12, 3);
        assert_eq!(by_reading(&commits, 2, &[early]), [Some(12), Some(17)]);
    }

    #[test]
    fn what_looks_at_nothing_is_judged_by_its_last_wake_before_the_next_commit() {
        let commits = [commit(100, 110), commit(200, 210), commit(300, 310)];
        let wakes = [wake(105, 0), wake(112, 0), wake(305, 0)];
        assert_eq!(by_time(&commits, &wakes), [Some(112), Some(305), Some(305)]);
        assert_eq!(by_time(&commits[2..], &wakes[..2]), [None]);
    }
}
