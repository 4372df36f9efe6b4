//! What watching costs the machine, and a writer.

use std::collections::BTreeSet;

use super::spread;
use crate::contender::Name;
use crate::report::number::{count, percent, plain, time};
use crate::report::table::Table;
use crate::results::{Idle, Results};
use crate::spread::float;

pub(super) fn table(results: &Results) -> Table {
    let title = "Idle databases in one directory, an application has them open (10,000 nobody has), and single commits \
                 among them:";
    let head = [
        "",
        "mode",
        "databases",
        "CPU",
        "wake-ups a second",
        "threads",
        "descriptors",
        "memory",
        "each is looked at",
        "open",
        "close",
        "wake (p50)",
        "wake (most)",
        "not woken",
    ];
    let mut table = Table::new("idle", title, &head);
    for cell in &results.idle {
        let names = vec![
            cell.contender.title().to_owned(),
            cell.setting.mode.to_string(),
            count(cell.setting.databases as u64),
        ];
        let figures = cell.measured.as_ref().map(|idle| {
            vec![
                spread(&idle.cpu_ms_a_s, |ms| format!("{} ms/s", plain(ms))),
                plain(idle.wake_ups_a_s.median),
                count(idle.threads),
                count(idle.descriptors),
                format!("{} MiB", plain(idle.rss_mib)),
                idle.look_each_ms
                    .map_or_else(|| "-".to_owned(), |ms| format!("each {}", time(ms * 1e3))),
                time(idle.open_ms.median * 1e3),
                time(idle.close_ms.median * 1e3),
                time(idle.p50_us.median),
                time(idle.max_us),
                count(idle.unseen),
            ]
        });
        let row = super::row(names, figures, &cell.failures, table.head.len());
        table.add(row);
    }
    table
}

/// The same, divided.
pub(super) fn growth(results: &Results) -> Table {
    let title = "Processor time a second for each of the idle databases, WAL: where it grows from left to right, the cost \
                 is superlinear.";
    let sizes: BTreeSet<usize> = cells(results).map(|(_, databases, _)| databases).collect();
    let mut head = vec![String::new()];
    head.extend(sizes.iter().map(|&size| count(size as u64)));
    let mut table = Table::new("growth", title, &[]);
    table.head = head;
    for name in Name::ALL {
        let of = |size: &usize| {
            let mut all = cells(results);
            let cell = all.find(|(each, databases, _)| *each == name && databases == size);
            cell.map(|(_, databases, idle)| idle.cpu_ms_a_s.median * 1e3 / float(databases as u64))
        };
        let each: Vec<Option<f64>> = sizes.iter().map(of).collect();
        if each.iter().any(Option::is_some) {
            let mut row = vec![name.title().to_owned()];
            row.extend(
                each.into_iter()
                    .map(|us| us.map_or_else(|| "-".to_owned(), time)),
            );
            table.add(row);
        }
    }
    table
}

/// Those in WAL.
fn cells(results: &Results) -> impl Iterator<Item = (Name, usize, &Idle)> {
    let wal = results
        .idle
        .iter()
        .filter(|cell| cell.setting.mode.is_wal());
    wal.filter_map(|cell| {
        Some((
            cell.contender,
            cell.setting.databases,
            cell.measured.as_ref()?,
        ))
    })
}

pub(super) fn storm(results: &Results) -> Table {
    let title = "A writer that never rests (`synchronous=OFF`, so that the disk hides nothing), watched and unwatched by \
                 turns:";
    let head = [
        "",
        "mode",
        "throughput kept",
        "commits a second",
        "wakes a commit",
        "CPU",
    ];
    let mut table = Table::new("storm", title, &head);
    for cell in &results.storm {
        let names = vec![
            cell.contender.title().to_owned(),
            cell.setting.mode.to_string(),
        ];
        let figures = cell.measured.as_ref().map(|storm| {
            vec![
                spread(&storm.kept, percent),
                plain(storm.commits_a_s.median),
                plain(storm.wakes_a_commit),
                format!("{} ms/s", plain(storm.cpu_ms_a_s.median)),
            ]
        });
        let row = super::row(names, figures, &cell.failures, table.head.len());
        table.add(row);
    }
    table
}
