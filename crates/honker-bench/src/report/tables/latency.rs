//! Latencies in every setting and rhythm.

use super::spread;
use crate::plan::USUAL;
use crate::report::number::{count, percent, plain, time};
use crate::report::table::Table;
use crate::results::{Cell, Latency, Results, Rhythm, Stream};
use crate::spread::float;

type Row = Cell<Stream, Latency>;

fn in_order(results: &Results, is_wanted: fn(&Stream) -> bool) -> Vec<&Row> {
    let mut rows: Vec<&Row> = results.latency.iter().collect();
    rows.retain(|row| is_wanted(&row.setting));
    rows
}

/// Single commits, some milliseconds apart.
fn is_single(stream: &Stream) -> bool {
    matches!(stream.rhythm, Rhythm::EachUs(us) if us >= 5000)
}

pub(super) fn settings(results: &Results) -> Table {
    let title = "From a commit to its subscriber, single commits: 5 ms apart, with rollback journals that wait for the \
                 disk 20 ms.";
    let head = [
        "",
        "mode",
        "synchronous",
        "p50",
        "p99",
        "most",
        "p50 from the insert's start",
        "the insert alone",
        "before the writer knew",
        "never seen",
    ];
    let mut table = Table::new("latency", title, &head);
    for row in in_order(results, is_single) {
        let names = vec![
            row.contender.title().to_owned(),
            row.setting.mode.to_string(),
            row.setting.synchronous.to_string(),
        ];
        let figures = row.measured.as_ref().map(|measured| {
            vec![
                spread(&measured.p50_us, time),
                spread(&measured.p99_us, time),
                time(measured.max_us),
                time(measured.from_start_p50_us.median),
                time(measured.insert_p50_us.median),
                percent(measured.before_return),
                super::some(measured.unseen, measured.commits),
            ]
        });
        let cells = super::row(names, figures, &row.failures, table.head.len());
        table.add(cells);
    }
    table
}

pub(super) fn rhythms(results: &Results) -> Table {
    let title = "The same in WAL with `synchronous=NORMAL`, by how fast commits come:";
    let head = [
        "",
        "commits",
        "p50",
        "p99",
        "wakes a commit",
        "needless wakes",
        "CPU",
        "never seen",
    ];
    let mut table = Table::new("rhythms", title, &head);
    let is_usual =
        |stream: &Stream| stream.mode == USUAL.mode && stream.synchronous == USUAL.synchronous;
    for row in in_order(results, is_usual) {
        let names = vec![row.contender.title().to_owned(), rhythm(row.setting.rhythm)];
        let figures = row.measured.as_ref().map(|measured| {
            vec![
                spread(&measured.p50_us, time),
                spread(&measured.p99_us, time),
                plain(measured.wakes_a_commit),
                count(measured.needless),
                format!("{} ms/s", plain(measured.cpu_ms_a_s.median)),
                super::some(measured.unseen, measured.commits),
            ]
        });
        let cells = super::row(names, figures, &row.failures, table.head.len());
        table.add(cells);
    }
    table
}

fn rhythm(rhythm: Rhythm) -> String {
    match rhythm {
        Rhythm::EachUs(us) => format!("each {}", time(float(us))),
        Rhythm::BurstsOf(n) => format!("bursts of {n}, each 50 ms"),
        Rhythm::Saturated => "without a pause".to_owned(),
    }
}
