//! What somebody who chooses wants to know, in one table.

use honker_testkit::JournalMode;

use super::some;
use crate::contender::Name;
use crate::plan::USUAL;
use crate::report::number::{count, percent, plain, time, times};
use crate::report::table::Table;
use crate::results::{Crowd, Results, Spread};

/// The rows, best known first.
const ROWS: [Name; 10] = [
    Name::Kernel,
    Name::Shm,
    Name::Polling,
    Name::PublishedKernel,
    Name::PublishedShm,
    Name::PublishedPolling,
    Name::DataVersion,
    Name::Notify,
    Name::TablePoll,
    Name::Floor,
];

const UNKNOWN: &str = "-";

pub(super) fn table(results: &Results) -> Table {
    let title = "Beside `kernel`, in one run: how many times later the wake is, how many times more an idle database \
                 costs, and what it does to others (medians; what it was in brackets).";
    let head = [
        "",
        "wake (p50)",
        "wake (p99)",
        "idle CPU, 1 database",
        "idle CPU, 100 databases",
        "a saturated writer keeps (WAL, DELETE)",
        "commits never woken for",
        "needless wakes",
        "`SQLITE_BUSY` it causes",
    ];
    let mut table = Table::new("headline", title, &head);
    for name in ROWS {
        let row = [
            name.title().to_owned(),
            latency(results, name, |latency| &latency.p50_us),
            latency(results, name, |latency| &latency.p99_us),
            idle(results, name, 1),
            idle(results, name, 100),
            kept(results, name),
            missed(results, name),
            needless(results, name),
            busy(results, name),
        ];
        // Not even tried.
        if row[1..].iter().any(|cell| cell != UNKNOWN) {
            table.add(row.to_vec());
        }
    }
    table
}

fn latency(results: &Results, name: Name, of: fn(&crate::results::Latency) -> &Spread) -> String {
    let spread = |name| results.latency(name, &USUAL).map(of);
    ratio(spread(name), spread(Name::Kernel), time)
}

fn idle(results: &Results, name: Name, databases: usize) -> String {
    let crowd = Crowd {
        mode: JournalMode::Wal,
        databases,
    };
    let cpu = |name| results.idle(name, crowd).map(|idle| &idle.cpu_ms_a_s);
    ratio(cpu(name), cpu(Name::Kernel), |ms| {
        format!("{} ms/s", plain(ms))
    })
}

fn ratio(mine: Option<&Spread>, kernel: Option<&Spread>, tell: fn(f64) -> String) -> String {
    let Some(mine) = mine else {
        return UNKNOWN.to_owned();
    };
    let ratio = kernel.map_or_else(|| UNKNOWN.to_owned(), |kernel| times(mine.times(kernel)));
    format!("{ratio} ({})", tell(mine.median))
}

fn kept(results: &Results, name: Name) -> String {
    let in_mode = |mode| {
        let storm = results.storm(name, mode);
        storm.map_or_else(|| UNKNOWN.to_owned(), |storm| percent(storm.kept.median))
    };
    let both = [JournalMode::Wal, JournalMode::Delete].map(in_mode);
    if both.iter().all(|each| each == UNKNOWN) {
        return UNKNOWN.to_owned();
    }
    both.join(", ")
}

fn missed(results: &Results, name: Name) -> String {
    let modes = [JournalMode::Wal, JournalMode::Delete];
    let all = modes.map(|mode| results.correctness(name, mode));
    let mut known = all.into_iter().flatten().peekable();
    if known.peek().is_none() {
        return UNKNOWN.to_owned();
    }
    let (missed, of) = known.fold((0, 0), |sum, of| (sum.0 + of.missed, sum.1 + of.commits));
    let usual = results.latency(name, &USUAL);
    let (more, of_more) = usual.map_or((0, 0), |latency| (latency.unseen, latency.commits));
    some(missed + more, of + of_more)
}

fn needless(results: &Results, name: Name) -> String {
    let modes = [JournalMode::Wal, JournalMode::Delete];
    let all = modes.map(|mode| results.correctness(name, mode));
    let mut known = all.into_iter().flatten().peekable();
    if known.peek().is_none() {
        return UNKNOWN.to_owned();
    }
    count(known.map(|of| of.spurious + of.neighbours_wakes).sum())
}

fn busy(results: &Results, name: Name) -> String {
    let of = results.interference(name, JournalMode::Delete);
    of.map_or_else(|| UNKNOWN.to_owned(), |of| some(of.busy, of.tried))
}
