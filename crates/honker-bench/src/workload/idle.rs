//! Very many databases that nobody writes to, and one commit among them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use fastrand::Rng;
use honker_bench_contender::protocol::{Command, Reply, Wake};
use honker_testkit::{Conn, Synchronous, TempDb, Writer};

use crate::child::{Child, Programs, unexpected};
use crate::contender::Name;
use crate::plan::{MOST_THREADS, Plan};
use crate::results::{Cell, Crowd, Idle, Spread};
use crate::run::{Bench, by_turns};
use crate::spread::{histogram, mib, rounded, us};
use crate::workload::{INSERT, cpu_ms_a_s, pause, rate, seen};

/// What did not wake within this did not wake.
const DEADLINE: Duration = Duration::from_secs(2);
/// Nearly all wakes come within this, and others are waited for afterwards.
const MOSTLY: Duration = Duration::from_millis(60);
/// Each database costs an application that has it open some descriptors; with more than this they may not suffice.
const MOST_OPEN: usize = MOST_THREADS;
/// With very many databases, some look at each only every few seconds.
const MANY: usize = 5000;

pub(crate) fn run(bench: &mut Bench, plan: &Plan) -> Vec<Cell<Crowd, Idle>> {
    let times = (plan.idle_after, plan.idle_for);
    let commits = plan.idle_commits;
    // Made once, and the same for all.
    let mut scenes = BTreeMap::new();
    let once = |programs: &Programs, crowd: &Crowd, name| {
        let key = (crowd.mode, crowd.databases);
        let scene = scenes.entry(key).or_insert_with(|| Scene::new(*crowd));
        round(programs, scene, name, times, commits)
    };
    by_turns(bench, ("idle", 0.26), &plan.idle, once, sum_up)
}

/// Databases in one directory, and an application that has them open.
struct Scene {
    crowd: Crowd,
    paths: Vec<PathBuf>,
    writer: Writer,
    open: Vec<Conn>,
    random: Rng,
    // Removed with everything in it at the end.
    _directory: TempDb,
}

impl Scene {
    fn new(crowd: Crowd) -> Self {
        let template = TempDb::new(crowd.mode);
        let path = |number| template.beside(&format!("{number}.db"));
        let paths: Vec<PathBuf> = (0..crowd.databases).map(path).collect();
        for path in &paths {
            fs::copy(template.path(), path).unwrap_or_else(|error| panic!("{error}"));
        }
        let mut scene = Self {
            crowd,
            paths,
            writer: Writer::spawn(),
            open: Vec::new(),
            random: Rng::with_seed(4),
            _directory: template,
        };
        if scene.are_open() {
            let all = 0..crowd.databases;
            scene.open = all.map(|number| scene.opened(number)).collect();
        }
        scene
    }

    fn are_open(&self) -> bool {
        self.crowd.databases <= MOST_OPEN
    }

    fn opened(&mut self, number: usize) -> Conn {
        let writer = &mut self.writer;
        let conn = writer.open_in(&self.paths[number], self.crowd.mode, Synchronous::Off);
        // In WAL only with the first read does a connection really open the database.
        writer.query_i64(conn, "SELECT max(id) FROM t");
        conn
    }

    /// Commits to one of them, at a moment chosen at random, beside a contender that waits for it.
    fn commit(&mut self, child: &mut Child) -> Result<Option<u64>, String> {
        let database = self.random.usize(..self.crowd.databases);
        let conn = match self.open.get(database) {
            Some(conn) => *conn,
            None => self.opened(database),
        };
        child.send(&wait(database, MOSTLY, false))?;
        pause(Duration::from_micros(self.random.u64(15_000..35_000)));
        let done = self.writer.exec(conn, INSERT);
        let done = done.map_err(|error| error.to_string())?;
        let id = self.writer.query_i64(conn, "SELECT max(id) FROM t");
        let mut seen = seen::by_reading(&[done], id, &woken(child)?)[0];
        if seen.is_none() {
            child.send(&wait(database, DEADLINE, true))?;
            seen = seen::by_reading(&[done], id, &woken(child)?)[0];
        }
        if !self.are_open() {
            self.writer.close(conn);
        }
        Ok(seen.map(|ns| ns.saturating_sub(done.after_ns)))
    }
}

fn wait(database: usize, within: Duration, first: bool) -> Command {
    Command::Wait {
        database,
        within_ms: u64::try_from(within.as_millis()).unwrap_or(u64::MAX),
        first,
    }
}

fn woken(child: &mut Child) -> Result<Vec<Wake>, String> {
    match child.receive(DEADLINE * 2)? {
        Reply::Woken { wakes } => Ok(wakes),
        other => Err(unexpected(&other)),
    }
}

struct Round {
    are_open: bool,
    open_ms: f64,
    close_ms: f64,
    cpu_ms_a_s: f64,
    wake_ups_a_s: f64,
    look_each_ms: Option<f64>,
    threads: u64,
    descriptors: u64,
    rss_mib: f64,
    latencies: hdrhistogram::Histogram<u64>,
    unseen: u64,
}

fn round(
    programs: &Programs,
    scene: &mut Scene,
    name: Name,
    (after, lasting): (Duration, Duration),
    commits: usize,
) -> Result<Round, String> {
    let (mut child, open_ns) = Child::watching(name, programs, scene.paths.clone())?;
    let many = scene.crowd.databases >= MANY;
    let (after, lasting) = if many {
        (after * 2, lasting * 4)
    } else {
        (after, lasting)
    };
    pause(after);
    let before = child.usage()?;
    pause(lasting);
    let after = child.usage()?;
    let looks = before.looks.zip(after.looks);
    let look_each_ms = looks
        .filter(|(before, after)| after > before)
        .map(|_| 1e3 / rate(&before, &after, |usage| usage.looks.unwrap_or(0)));
    let holdings = child.holdings()?;
    let mut latencies = histogram();
    let mut unseen = 0;
    for _ in 0..commits {
        match scene.commit(&mut child)? {
            Some(latency) => latencies.saturating_record(latency),
            None => unseen += 1,
        }
    }
    let close_ns = child.done(&Command::Close {})?;
    Ok(Round {
        are_open: scene.are_open(),
        open_ms: us(open_ns) / 1e3,
        close_ms: us(close_ns) / 1e3,
        cpu_ms_a_s: cpu_ms_a_s(&before, &after),
        wake_ups_a_s: rate(&before, &after, |usage| usage.wake_ups),
        look_each_ms,
        threads: holdings.threads,
        descriptors: holdings.descriptors,
        rss_mib: mib(holdings.rss_bytes),
        latencies,
        unseen,
    })
}

fn sum_up(rounds: &[Round]) -> Idle {
    let spread = |of: fn(&Round) -> f64| Spread::of(rounds.iter().map(of).collect());
    let last = rounds.last();
    let max = rounds.iter().map(|round| round.latencies.max()).max();
    Idle {
        are_open: last.is_some_and(|round| round.are_open),
        open_ms: spread(|round| round.open_ms),
        close_ms: spread(|round| round.close_ms),
        cpu_ms_a_s: spread(|round| round.cpu_ms_a_s),
        wake_ups_a_s: spread(|round| round.wake_ups_a_s),
        look_each_ms: last.and_then(|round| round.look_each_ms).map(rounded),
        threads: last.map_or(0, |round| round.threads),
        descriptors: last.map_or(0, |round| round.descriptors),
        rss_mib: rounded(last.map_or(0.0, |round| round.rss_mib)),
        p50_us: spread(|round| us(round.latencies.value_at_quantile(0.5))),
        max_us: us(max.unwrap_or(0)),
        unseen: rounds.iter().map(|round| round.unseen).sum(),
    }
}
