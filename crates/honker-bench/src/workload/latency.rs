//! From a commit to the subscriber, which runs and reads what was committed.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use honker_bench_contender::protocol::{Usage, Wake};
use honker_testkit::{CommitLoop, Done};

use crate::child::{Child, Programs};
use crate::contender::Name;
use crate::plan::Plan;
use crate::results::{Cell, Latency, Rhythm, Spread, Stream};
use crate::run::{Bench, by_turns};
use crate::spread::{float, histogram, rounded, us};
use crate::workload::{FIRST_ID, INSERT, Written, cpu_ms_a_s, pause, saturated, seen, settle};

/// What is not seen this long after the last commit is not seen.
const GRACE: Duration = Duration::from_millis(500);
const BURST_EACH: Duration = Duration::from_millis(50);
/// A wait for a lock is a latency too.
const PATIENT_MS: u32 = 5000;

pub(crate) fn run(bench: &mut Bench, plan: &Plan) -> Vec<Cell<Stream, Latency>> {
    let lasting = plan.stream_for;
    let once = |programs: &Programs, stream: &Stream, name| round(programs, stream, name, lasting);
    by_turns(bench, ("latency", 0.4), &plan.latency, once, sum_up)
}

/// One stream, from a writer of its own to a database of its own.
struct Round {
    from_return: Histogram<u64>,
    from_start: Histogram<u64>,
    insert: Histogram<u64>,
    before_return: u64,
    after_the_next: u64,
    unseen: u64,
    is_tail_unseen: bool,
    wakes: u64,
    needless: u64,
    cpu_ms_a_s: f64,
}

fn round(
    programs: &Programs,
    stream: &Stream,
    name: Name,
    lasting: Duration,
) -> Result<Round, String> {
    let mut written = Written::new(stream.mode, stream.synchronous, PATIENT_MS);
    let reads = name != Name::Floor;
    let mut child = Child::recording(name, programs, written.db.path(), reads)?;
    settle();
    let before = child.usage()?;
    let commits = commit(&mut written, stream.rhythm, lasting)?;
    let after = child.usage()?;
    let wakes = collect(&mut child, commits.len(), reads)?;
    Ok(Round::of(&commits, &wakes, reads, (before, after)))
}

/// The writer keeps its own time: a contender that is slow makes nobody wait.
fn commit(written: &mut Written, rhythm: Rhythm, lasting: Duration) -> Result<Vec<Done>, String> {
    let recorded = CommitLoop {
        sql: INSERT.to_owned(),
        record: true,
        ..CommitLoop::default()
    };
    match rhythm {
        Rhythm::EachUs(every_us) => {
            let n = u64::try_from(lasting.as_micros()).unwrap_or(u64::MAX) / every_us;
            let order = CommitLoop {
                n,
                every_us,
                ..recorded
            };
            Ok(written.commits(order)?.times)
        }
        Rhythm::Saturated => {
            let order = CommitLoop {
                record: true,
                ..saturated(INSERT, lasting)
            };
            Ok(written.commits(order)?.times)
        }
        Rhythm::BurstsOf(n) => {
            let began = Instant::now();
            let mut times = Vec::new();
            for burst in 0.. {
                let due = BURST_EACH * burst;
                if due >= lasting {
                    break;
                }
                pause(due.saturating_sub(began.elapsed()));
                let order = CommitLoop {
                    n,
                    ..recorded.clone()
                };
                times.extend(written.commits(order)?.times);
            }
            Ok(times)
        }
    }
}

/// Waits until the last commit was seen, or the grace is over.
fn collect(child: &mut Child, commits: usize, reads: bool) -> Result<Vec<Wake>, String> {
    let last = FIRST_ID + i64::try_from(commits).unwrap_or(0) - 1;
    let deadline = Instant::now() + GRACE;
    let mut wakes = Vec::new();
    while Instant::now() < deadline {
        pause(Duration::from_millis(20));
        wakes.extend(child.wakes()?);
        let is_seen = wakes.last().is_some_and(|wake| wake.saw >= last);
        if is_seen || !reads && !wakes.is_empty() {
            break;
        }
    }
    Ok(wakes)
}

impl Round {
    fn of(commits: &[Done], wakes: &[Wake], reads: bool, usage: (Usage, Usage)) -> Self {
        let seen = if reads {
            seen::by_reading(commits, FIRST_ID, wakes)
        } else {
            seen::by_time(commits, wakes)
        };
        let mut round = Self {
            from_return: histogram(),
            from_start: histogram(),
            insert: histogram(),
            before_return: 0,
            after_the_next: 0,
            unseen: 0,
            is_tail_unseen: seen.last().is_some_and(Option::is_none),
            wakes: wakes.len() as u64,
            needless: if reads {
                seen::needless(FIRST_ID, wakes)
            } else {
                0
            },
            cpu_ms_a_s: cpu_ms_a_s(&usage.0, &usage.1),
        };
        // What is never seen counts with the time for which it was waited: as a lower bound.
        let grace = u64::try_from(GRACE.as_nanos()).unwrap_or(u64::MAX);
        let end = commits.last().map_or(0, |last| last.after_ns) + grace;
        let nexts = commits.iter().skip(1).map(Some).chain([None]);
        for ((commit, next), seen) in commits.iter().zip(nexts).zip(seen) {
            let at = seen.unwrap_or(end);
            round.unseen += u64::from(seen.is_none());
            round.before_return += u64::from(at < commit.after_ns);
            round.after_the_next += u64::from(next.is_some_and(|next| at > next.before_ns));
            round
                .from_return
                .saturating_record(at.saturating_sub(commit.after_ns));
            round
                .from_start
                .saturating_record(at.saturating_sub(commit.before_ns));
            round
                .insert
                .saturating_record(commit.after_ns - commit.before_ns);
        }
        round
    }
}

fn sum_up(rounds: &[Round]) -> Latency {
    let quantile = |of: fn(&Round) -> &Histogram<u64>, quantile: f64| {
        let each = rounds
            .iter()
            .map(|round| us(of(round).value_at_quantile(quantile)));
        Spread::of(each.collect())
    };
    let sum = |of: fn(&Round) -> u64| rounds.iter().map(of).sum::<u64>();
    let mut all = histogram();
    for round in rounds {
        all += &round.from_return;
    }
    let commits = all.len();
    let share = |of: u64| rounded(float(of) / float(commits.max(1)));
    Latency {
        commits,
        p50_us: quantile(|round| &round.from_return, 0.5),
        p99_us: quantile(|round| &round.from_return, 0.99),
        max_us: us(all.max()),
        from_start_p50_us: quantile(|round| &round.from_start, 0.5),
        from_start_p99_us: quantile(|round| &round.from_start, 0.99),
        insert_p50_us: quantile(|round| &round.insert, 0.5),
        before_return: share(sum(|round| round.before_return)),
        after_the_next: share(sum(|round| round.after_the_next)),
        unseen: sum(|round| round.unseen),
        tails_unseen: sum(|round| u64::from(round.is_tail_unseen)),
        wakes_a_commit: share(sum(|round| round.wakes)),
        needless: sum(|round| round.needless),
        cpu_ms_a_s: Spread::of(rounds.iter().map(|round| round.cpu_ms_a_s).collect()),
        distribution: distribution(&all),
    }
}

/// Enough points for a curve, denser towards the end.
fn distribution(of: &Histogram<u64>) -> Vec<(f64, f64)> {
    let body = (0..=98)
        .step_by(2)
        .map(|percent| f64::from(percent) / 100.0);
    let tail = [0.99, 0.995, 0.999, 1.0];
    let point = |share| (share, us(of.value_at_quantile(share)));
    body.chain(tail).map(point).collect()
}
