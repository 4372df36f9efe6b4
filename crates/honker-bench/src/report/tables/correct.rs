//! Wakes that were wrong, and writers that were refused.

use honker_testkit::JournalMode;

use super::some;
use crate::contender::Name;
use crate::report::number::count;
use crate::report::table::Table;
use crate::results::Results;

const HEAD: [&str; 8] = [
    "",
    "mode",
    "commits never seen",
    "runs whose last commit was never seen",
    "wakes by what is no commit",
    "wakes by a neighbour",
    "`SQLITE_BUSY`",
    "busy checkpoints",
];

pub(super) fn table(results: &Results) -> Table {
    let title = "Wakes that should have been and that should not (`synchronous=FULL`), and what a writer with \
                 `busy_timeout=0` runs into:";
    let mut table = Table::new("correctness", title, &HEAD);
    for cell in &results.correctness {
        let mode = cell.setting.mode;
        let names = vec![cell.contender.title().to_owned(), mode.to_string()];
        let figures = cell.measured.as_ref().map(|of| {
            vec![
                format!("{} of {}", count(of.missed), count(of.commits)),
                format!("{} of {}", count(of.tails_unseen), count(of.repeats)),
                format!("{} by {}", count(of.spurious), count(of.not_commits)),
                format!(
                    "{} by {}",
                    count(of.neighbours_wakes),
                    count(of.neighbours_commits)
                ),
            ]
        });
        let mut row = super::row(names, figures, &cell.failures, HEAD.len() - 2);
        row.extend(refused(results, cell.contender, mode));
        table.add(row);
    }
    table
}

fn refused(results: &Results, name: Name, mode: JournalMode) -> [String; 2] {
    let Some(of) = results.interference(name, mode) else {
        return ["-".to_owned(), "-".to_owned()];
    };
    let checkpoints = if mode.is_wal() {
        some(of.checkpoints_busy, of.checkpoints)
    } else {
        "-".to_owned()
    };
    [some(of.busy, of.tried), checkpoints]
}
