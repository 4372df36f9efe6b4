//! Each workload's table.

mod correct;
mod headline;
mod idle;
mod latency;

use super::number::{count, percent, plain, time};
use super::table::Table;
use crate::results::{Results, Spread};
use crate::spread::float;

/// In the order in which they are told.
#[must_use]
pub fn all(results: &Results) -> Vec<Table> {
    vec![
        headline::table(results),
        latency::settings(results),
        latency::rhythms(results),
        idle::table(results),
        idle::growth(results),
        idle::storm(results),
        correct::table(results),
        fan_out(results),
        look(results),
    ]
}

/// The line that says where the figures come from.
#[must_use]
pub fn machine(results: &Results) -> String {
    let machine = &results.machine;
    format!(
        "Measured {} in {} s (`{}` plan) on {} with {} cores and {} GiB, Linux {}, {}, SQLite {}; load {} before, {} \
         after.",
        results.ended,
        results.seconds,
        results.plan,
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.kernel,
        machine.file_system,
        machine.sqlite,
        machine.load_before,
        machine.load_after
    )
}

/// The median, and between which quarters the repeats lie where there are some.
fn spread(of: &Spread, tell: fn(f64) -> String) -> String {
    if of.each.len() < 3 {
        return tell(of.median);
    }
    format!(
        "{} ({} to {})",
        tell(of.median),
        tell(of.low),
        tell(of.high)
    )
}

/// A row of a table with so many columns: its names, and then the figures, or why there are none.
fn row(
    mut names: Vec<String>,
    figures: Option<Vec<String>>,
    failures: &[String],
    columns: usize,
) -> Vec<String> {
    names.extend(figures.unwrap_or_else(|| vec![none(failures)]));
    names.resize(columns, String::new());
    names
}

/// Why there is no figure.
fn none(failures: &[String]) -> String {
    match failures.first() {
        Some(why) => why.replace('|', "/").chars().take(60).collect(),
        None => "-".to_owned(),
    }
}

fn fan_out(results: &Results) -> Table {
    let title = "From a commit's return to the first and the last of many subscribers, WAL:";
    let head = [
        "",
        "subscribers",
        "as",
        "first",
        "last",
        "not woken",
        "memory",
    ];
    let mut table = Table::new("fan-out", title, &head);
    for cell in &results.fan_out {
        let fan = cell.setting;
        let kind = if fan.tasks {
            "tasks on one thread"
        } else {
            "threads"
        };
        let names = vec![
            cell.contender.title().to_owned(),
            count(fan.subscribers as u64),
            kind.to_owned(),
        ];
        let figures = cell.measured.as_ref().map(|measured| {
            vec![
                time(measured.first_us.median),
                time(measured.last_us.median),
                count(measured.unwoken),
                format!("{} MiB", plain(measured.rss_mib)),
            ]
        });
        let row = row(names, figures, &cell.failures, table.head.len());
        table.add(row);
    }
    table
}

fn look(results: &Results) -> Table {
    let title = "One look at an idle database that an application has open:";
    let head = ["", "mode", "time", "instructions in user space"];
    let mut table = Table::new("look", title, &head);
    for look in &results.look {
        let way = match look.way.as_str() {
            "honker" => "honker",
            "data-version" => "`PRAGMA data_version`, cached",
            "table" => "`SELECT max(id)`, cached",
            _ => "`pread` of the header",
        };
        table.add(vec![
            way.to_owned(),
            look.mode.to_string(),
            spread(&look.ns, |ns| format!("{} ns", plain(ns))),
            look.instructions.map_or_else(|| "-".to_owned(), plain),
        ]);
    }
    table
}

/// A share of many, with the number where there are some.
fn some(number: u64, of: u64) -> String {
    if number == 0 {
        return "0".to_owned();
    }
    format!(
        "{} ({})",
        count(number),
        percent(float(number) / float(of.max(1)))
    )
}
