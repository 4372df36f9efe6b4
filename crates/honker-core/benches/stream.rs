//! Wake after commit under a stream of commits: a real writer process commits every 200 us, and each backend in turn
//! watches it, in one run, so that they meet the same machine.
//!
//! ```text
//! cargo bench -p honker-core --bench stream            # 10 rounds of 2,000 commits a backend
//! cargo bench -p honker-core --bench stream -- 3 500   # 3 rounds of 500
//! ```
//!
//! The latency of a commit runs from its return in the writer to the return of `recv` here. It is 0 if the wake came
//! first: a commit can be read before its writer knows that it has committed.

use hdrhistogram::Histogram;
use honker_core::{SharedUpdateWatcher, WatcherBackend};
use honker_testkit::clock::monotonic_ns;
use honker_testkit::{CommitLoop, Conn, JournalMode, LONG, Synchronous, TempDb, Writer};

const EVERY_US: u64 = 200;
const BACKENDS: [WatcherBackend; 3] = [
    WatcherBackend::Polling,
    WatcherBackend::KernelWatch,
    WatcherBackend::ShmFastPath,
];

/// What one backend did, over all rounds.
struct Measured {
    backend: WatcherBackend,
    latencies: Histogram<u64>,
    /// Of each round, in nanoseconds.
    medians: Vec<u64>,
    wakes: u64,
    commits: u64,
    cpu_ns: u64,
    elapsed_ns: u64,
}

fn main() {
    // `cargo bench` and `cargo test` pass options of their own.
    let numbers: Vec<u64> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let rounds = numbers.first().copied().unwrap_or(10);
    let commits = numbers.get(1).copied().unwrap_or(2000);
    let mut measured = BACKENDS.map(|backend| Measured {
        backend,
        latencies: Histogram::new(3).expect("three digits"),
        medians: Vec::new(),
        wakes: 0,
        commits: 0,
        cpu_ns: 0,
        elapsed_ns: 0,
    });
    for _ in 0..rounds {
        for each in &mut measured {
            round(each, commits);
        }
    }
    print(&mut measured, rounds, commits);
}

/// One stream, from a writer of its own to a database of its own.
fn round(measured: &mut Measured, commits: u64) {
    let db = TempDb::new(JournalMode::Wal);
    let mut writer = Writer::spawn();
    let Conn(conn) = writer.open_in(db.path(), JournalMode::Wal, Synchronous::Normal);
    let watcher = SharedUpdateWatcher::builder(db.path())
        .backend(measured.backend)
        .open()
        .expect("a watcher");
    assert_eq!(watcher.backend(), measured.backend, "no fall-back");
    let mut events = watcher.update_events().expect("a subscription");
    let cpu = cpu_ns();
    writer.start_commit_loop(CommitLoop {
        conn,
        n: commits,
        sql: "INSERT INTO t(n) VALUES (1)".into(),
        every_us: EVERY_US,
        record: true,
        ..CommitLoop::default()
    });
    // When the wake came that stands for each commit.
    let mut woken = Vec::new();
    while (woken.len() as u64) < commits {
        let update = events.recv_timeout(LONG).expect("alive").expect("a wake");
        let now = monotonic_ns();
        assert!(update.exact, "{:?}", watcher.stats().conservative);
        woken.extend((0..update.commits).map(|_| now));
        measured.wakes += 1;
    }
    measured.cpu_ns += cpu_ns() - cpu;
    let report = writer.loop_report().expect("commits");
    assert_eq!(report.commits, commits);
    measured.commits += commits;
    measured.elapsed_ns += report.elapsed_ns;
    let mut latencies = Histogram::<u64>::new(3).expect("three digits");
    for (woken, done) in woken.iter().zip(&report.times) {
        latencies += woken.saturating_sub(done.after_ns);
    }
    measured.medians.push(latencies.value_at_quantile(0.5));
    measured.latencies += latencies;
}

/// The CPU time of this process: the watcher, and the thread that receives.
fn cpu_ns() -> u64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    u64::try_from(used.tv_sec * 1_000_000_000 + used.tv_nsec).expect("a time")
}

#[allow(clippy::cast_precision_loss)] // for people
fn print(measured: &mut [Measured], rounds: u64, commits: u64) {
    println!(
        "wake after commit, WAL, synchronous=NORMAL, a commit every {EVERY_US} us: {rounds} rounds of {commits} \
         commits a backend, by turns"
    );
    println!(
        "backend       p50 us   p99 us   max us  commits/wake  CPU %  median of rounds   to polling"
    );
    let polling = median(&mut measured[0].medians);
    for each in measured {
        let us = |quantile| each.latencies.value_at_quantile(quantile) as f64 / 1e3;
        let (p50, p99, max) = (us(0.5), us(0.99), us(1.0));
        let per_wake = each.commits as f64 / each.wakes as f64;
        let cpu = 100.0 * each.cpu_ns as f64 / each.elapsed_ns as f64;
        let median = median(&mut each.medians);
        println!(
            "{:<12} {p50:>7.1} {p99:>8.1} {max:>8.1} {per_wake:>13.2} {cpu:>6.1} {:>15.1} us {:>11.3}",
            each.backend,
            median as f64 / 1e3,
            median as f64 / polling as f64,
        );
    }
}

fn median(of: &mut [u64]) -> u64 {
    of.sort_unstable();
    of[of.len() / 2]
}
