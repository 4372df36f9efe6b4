//! Very many idle databases in one process, and one commit among them: what it costs to watch them, and how late the
//! wake is. Beside honker, in the same run, the usual way: a thread a database that reads its header each millisecond.
//!
//! ```text
//! cargo bench -p honker-core --bench scale                 # 1, 100, 1,000 and 10,000 databases, 50 commits each
//! cargo bench -p honker-core --bench scale -- 20 1 500     # 20 commits; 1 and 500 databases
//! HONKER_JOURNAL_MODE=wal cargo bench -p honker-core --bench scale
//! ```
//!
//! All databases lie in one directory. Each measurement is a process of its own. The latency of a commit runs from its
//! return in the writer, another process, to the return of the wait here.

use hdrhistogram::Histogram;
use honker_core::{SharedUpdateWatcher, UpdateEvents, WatcherBackend};
use honker_testkit::clock::monotonic_ns;
use honker_testkit::{JournalMode, LONG, Synchronous, TempDb, Writer, fds, threads};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

const SIZES: [usize; 4] = [1, 100, 1000, 10_000];
const COMMITS: usize = 50;
/// More threads than this are not fair to the machine.
const MOST_THREADS: usize = 1000;
/// Until everything has been looked at a few times.
const SETTLE: Duration = Duration::from_secs(3);
const IDLE: Duration = Duration::from_secs(10);
const WAYS: [&str; 3] = ["kernel", "polling", "threads"];
/// Tells a child what to measure.
const MEASURE: &str = "HONKER_BENCH_MEASURE";

fn main() {
    // `cargo bench` and `cargo test` pass options of their own.
    let numbers: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    if let Ok(way) = std::env::var(MEASURE) {
        let place = std::env::args().next_back().expect("the directory");
        measure(&way, numbers[0], numbers[1], Path::new(&place));
        return;
    }
    let commits = numbers.first().copied().unwrap_or(COMMITS);
    let sizes = numbers.get(1..).filter(|sizes| !sizes.is_empty());
    let sizes = sizes.unwrap_or(&SIZES);
    let mode = mode();
    let template = TempDb::new(mode);
    let most = sizes.iter().max().copied().unwrap_or(0);
    for number in 0..most {
        fs::copy(template.path(), path(template.dir(), number)).expect("a copy");
    }
    println!("{mode}, synchronous=OFF, {commits} commits, {IDLE:?} idle");
    println!(
        "way      databases  open ms close ms  CPU ms/s wake-ups/s  threads descriptors  RSS MiB  look each ms  \
         p50 us   max us"
    );
    for databases in sizes {
        for way in WAYS {
            // In WAL a commit leaves the header alone.
            let blind = mode == JournalMode::Wal;
            if way == "threads" && (*databases > MOST_THREADS || blind) {
                println!("{way:<8} {databases:>9}  not tried");
                continue;
            }
            let status = Command::new(std::env::current_exe().expect("a path"))
                .env(MEASURE, way)
                .args([databases.to_string(), commits.to_string()])
                .arg(template.dir())
                .status();
            assert!(status.expect("a child").success(), "{way}, {databases}");
        }
    }
}

fn mode() -> JournalMode {
    let wanted = std::env::var("HONKER_JOURNAL_MODE").unwrap_or_else(|_| "delete".into());
    let known = JournalMode::ALL.into_iter();
    let mut matching = known.filter(|mode| mode.to_string().eq_ignore_ascii_case(&wanted));
    matching.next().expect("a journal mode")
}

fn path(place: &Path, number: usize) -> PathBuf {
    place.join(format!("{number}.db"))
}

/// Something that watches databases, by number.
trait Watching {
    /// Waits for a commit to this one.
    fn wait(&mut self, number: usize);
    /// Looks at the first database so far; 0 where nobody counts them.
    fn looks(&self) -> u64;
}

struct Honker(Vec<(SharedUpdateWatcher, UpdateEvents)>);

impl Honker {
    fn start(backend: WatcherBackend, databases: usize, place: &Path) -> Self {
        let open = |number| {
            let watcher = SharedUpdateWatcher::builder(path(place, number)).backend(backend);
            let watcher = watcher.open().unwrap_or_else(|error| panic!("{error}"));
            let events = watcher.update_events().expect("a subscription");
            (watcher, events)
        };
        Self((0..databases).map(open).collect())
    }
}

impl Watching for Honker {
    fn wait(&mut self, number: usize) {
        let (_, events) = &mut self.0[number];
        events.recv_timeout(LONG).expect("alive").expect("a wake");
    }

    fn looks(&self) -> u64 {
        self.0[0].0.stats().looks
    }
}

/// What many programs do today.
struct Threads(Receiver<usize>);

impl Threads {
    fn start(databases: usize, place: &Path) -> Self {
        let (commit, commits) = mpsc::channel();
        for number in 0..databases {
            let (path, commit) = (path(place, number), commit.clone());
            thread::spawn(move || poll(&path, number, &commit));
        }
        Self(commits)
    }
}

/// The change counter, each millisecond, until nobody wants to know.
fn poll(path: &Path, number: usize, commit: &Sender<usize>) {
    let file = File::open(path).expect("a database");
    let read = || {
        let mut header = [0; 100];
        file.read_exact_at(&mut header, 0).expect("a header");
        header
    };
    let mut last = read();
    loop {
        thread::sleep(Duration::from_millis(1));
        let now = read();
        if now != last && commit.send(number).is_err() {
            return;
        }
        last = now;
    }
}

impl Watching for Threads {
    fn wait(&mut self, number: usize) {
        while self.0.recv_timeout(LONG).expect("a wake") != number {}
    }

    fn looks(&self) -> u64 {
        0
    }
}

#[allow(clippy::cast_precision_loss)] // for people
fn measure(way: &str, databases: usize, commits: usize, place: &Path) {
    let start = Instant::now();
    let mut watching: Box<dyn Watching> = match way {
        "threads" => Box::new(Threads::start(databases, place)),
        backend => {
            let backend = backend.parse().expect("a backend");
            Box::new(Honker::start(backend, databases, place))
        }
    };
    let open = start.elapsed();
    thread::sleep(SETTLE);
    let looks = || watching.looks();
    // Counting the wake-ups of many threads takes a while, so that each count has a time of its own.
    let (looks_before, wake_ups_before) = (timed(looks), timed(wake_ups));
    let cpu_before = timed(cpu_ns);
    thread::sleep(IDLE);
    let cpu = rate(cpu_before, timed(cpu_ns)) / 1e6;
    let wake_ups = rate(wake_ups_before, timed(wake_ups));
    let each = 1e3 / rate(looks_before, timed(looks));
    let each = if each.is_finite() {
        format!("{each:.1}")
    } else {
        "-".to_owned()
    };
    let (threads, descriptors, memory) = (threads::count(), descriptors(), resident_mib());
    let latencies = latencies(watching.as_mut(), databases, commits, place);
    let start = Instant::now();
    drop(watching);
    let close = start.elapsed();
    println!(
        "{way:<8} {databases:>9} {:>8.1} {:>8.1} {cpu:>9.2} {wake_ups:>10.1} {threads:>8} {descriptors:>11} \
         {memory:>8.1} {each:>13} {:>7.1} {:>8.1}",
        open.as_secs_f64() * 1e3,
        close.as_secs_f64() * 1e3,
        latencies.value_at_quantile(0.5) as f64 / 1e3,
        latencies.max() as f64 / 1e3,
    );
}

/// One commit at a time, each to a database chosen at random, and at a moment chosen at random.
fn latencies(
    watching: &mut dyn Watching,
    databases: usize,
    commits: usize,
    place: &Path,
) -> Histogram<u64> {
    let mut random = fastrand::Rng::with_seed(4);
    let mut writer = Writer::spawn();
    let mut latencies = Histogram::<u64>::new(3).expect("three digits");
    for _ in 0..commits {
        let number = random.usize(..databases);
        let conn = writer.open_in(path(place, number), mode(), Synchronous::Off);
        // In WAL only with the first read does a connection really open the database.
        writer.query_i64(conn, "SELECT max(id) FROM t");
        thread::sleep(Duration::from_micros(random.u64(200_000..400_000)));
        let done = writer.exec(conn, "UPDATE t SET n = n + 1 WHERE id = 1");
        watching.wait(number);
        let woken = monotonic_ns();
        latencies += woken.saturating_sub(done.expect("a commit").after_ns);
        writer.close(conn);
    }
    latencies
}

/// A number, and when it was so.
fn timed(number: impl FnOnce() -> u64) -> (u64, Instant) {
    (number(), Instant::now())
}

/// How fast it grew, per second.
#[allow(clippy::cast_precision_loss)] // for people
fn rate((before, since): (u64, Instant), (after, until): (u64, Instant)) -> f64 {
    (after - before) as f64 / until.duration_since(since).as_secs_f64()
}

/// The CPU time of this process.
fn cpu_ns() -> u64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    u64::try_from(used.tv_sec * 1_000_000_000 + used.tv_nsec).expect("a time")
}

/// How often a thread of this process went to sleep and was woken.
fn wake_ups() -> u64 {
    let of = |(thread, _)| {
        number_in(
            &format!("/proc/self/task/{thread}/status"),
            "voluntary_ctxt",
        )
    };
    threads::of(std::process::id()).into_iter().map(of).sum()
}

#[allow(clippy::cast_precision_loss)] // for people
fn resident_mib() -> f64 {
    number_in("/proc/self/status", "VmRSS") as f64 / 1024.0
}

/// The number in the line that begins like this.
fn number_in(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).expect("a status");
    let line = text.lines().find(|line| line.starts_with(name));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.expect("a value").parse().expect("a number")
}

/// Those of the process, and those of the observer thread.
fn descriptors() -> usize {
    let process = std::process::id();
    let observers = threads::of(process).into_iter();
    let observers = observers.filter(|(_, name)| name.starts_with("honker"));
    let theirs = observers.map(|(thread, _)| fds::of_thread(process, thread).len());
    fds::count() + theirs.sum::<usize>()
}
