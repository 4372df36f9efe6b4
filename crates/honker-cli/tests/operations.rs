//! docs/operations.md says what every error, every statistic and every inexact wake means: none can be added without.

use honker_core::{Conservative, ErrorKind, SharedUpdateWatcher};
use honker_testkit::{JournalMode, TempDb};

const OPERATIONS: &str = include_str!("../../../docs/operations.md");

/// The first cells of the rows of the tables below a heading.
fn first_cells(heading: &str) -> Vec<&'static str> {
    let (_, below) = OPERATIONS
        .split_once(&format!("\n{heading}\n"))
        .expect("the heading is there");
    let section = below.split("\n#").next().expect("a part");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| row.split(" | ").next()).collect()
}

fn has(cells: &[&str], name: &str) -> bool {
    cells.iter().any(|cell| cell.contains(&format!("`{name}`")))
}

#[test]
fn every_kind_of_error_is_explained() {
    let explained = first_cells("## Errors");
    for kind in ErrorKind::ALL {
        assert!(has(&explained, kind.name()), "{kind:?} is missing");
    }
    assert_eq!(
        explained.len(),
        ErrorKind::ALL.len(),
        "and none that there is not"
    );
}

#[test]
fn every_reason_of_an_inexact_wake_is_explained() {
    let explained = first_cells("## Wakes that are not exact");
    for reason in Conservative::ALL {
        assert!(has(&explained, reason.name()), "{reason:?} is missing");
    }
    assert_eq!(
        explained.len(),
        Conservative::ALL.len(),
        "and none that there is not"
    );
}

#[test]
fn every_statistic_is_explained() {
    let db = TempDb::new(JournalMode::Wal);
    let watcher = SharedUpdateWatcher::new(db.path()).expect("a watcher");
    let stats = serde_json::to_value(watcher.stats()).expect("JSON");
    let explained = first_cells("## Statistics");
    let fields = stats.as_object().expect("an object");
    for field in fields.keys() {
        assert!(has(&explained, field), "{field} is missing");
    }
    let names = explained.iter().map(|cell| cell.matches('`').count() / 2);
    assert_eq!(
        names.sum::<usize>(),
        fields.len(),
        "and none that there is not"
    );
}
