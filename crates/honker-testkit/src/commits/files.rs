//! Steps with a second database file, attached for the step and detached after it.

use std::path::Path;

use super::Step;
use super::changes::{committed, spilling, update};
use super::mix::{Kind, Mix};
use super::schema::fill_bulk;

pub(super) const KINDS: &[Kind] = &[
    Kind::always("commit to both files", 4, both),
    Kind::always("spilled commit to both files", 1, both_spilled),
    Kind::always(
        "commit to the main file with another attached",
        1,
        main_only,
    ),
    Kind::always("commit to the attached file only", 2, attached_only),
    Kind::sometimes("rollback in both files", 2, rollback),
    Kind::always("read of the attached file", 1, read),
    Kind::always("vacuum into another file", 1, vacuum_into),
];

/// `sql` between ATTACH and DETACH. Journal mode and synchronous belong to each attached file.
fn with_attached(mix: &Mix, sql: impl IntoIterator<Item = String>) -> Vec<String> {
    let attach = [
        format!("ATTACH {} AS aux", quoted(&mix.attached)),
        format!("PRAGMA aux.journal_mode={}", mix.mode),
        format!("PRAGMA aux.synchronous={}", mix.synchronous),
    ];
    attach
        .into_iter()
        .chain(sql)
        .chain(["DETACH aux".to_owned()])
        .collect()
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}

fn update_attached(mix: &mut Mix) -> String {
    update(mix).replace("UPDATE item", "UPDATE aux.item")
}

fn both(mix: &mut Mix) -> Step {
    let work = [update(mix), update_attached(mix)];
    Step::new(with_attached(mix, committed(work)), 1).attached(1)
}

fn both_spilled(mix: &mut Mix) -> Step {
    let bulk = fill_bulk();
    let attached = bulk.clone().map(|sql| sql.replace("bulk", "aux.bulk"));
    let work = bulk.into_iter().chain(attached).chain([update(mix)]);
    // Each file has a cache of its own.
    let sql = ["PRAGMA aux.cache_size=5".to_owned()]
        .into_iter()
        .chain(committed(work));
    Step::new(with_attached(mix, spilling(sql)), 1).attached(1)
}

fn main_only(mix: &mut Mix) -> Step {
    let work = [update(mix), "SELECT count(*) FROM aux.item".into()];
    Step::new(with_attached(mix, committed(work)), 1)
}

/// BEGIN IMMEDIATE takes the write lock of the main file as well, but nothing is written there.
fn attached_only(mix: &mut Mix) -> Step {
    let mut work = committed([update_attached(mix)]);
    work[0] = "BEGIN IMMEDIATE".into();
    Step::new(with_attached(mix, work), 0).attached(1)
}

fn rollback(mix: &mut Mix) -> Option<Step> {
    let work = [
        "BEGIN".into(),
        update(mix),
        update_attached(mix),
        "ROLLBACK".into(),
    ];
    mix.can_undo()
        .then(|| Step::new(with_attached(mix, work), 0))
}

fn read(mix: &mut Mix) -> Step {
    Step::new(
        with_attached(mix, ["SELECT count(*) FROM aux.item".to_owned()]),
        0,
    )
}

/// A new file in the same directory: a neighbour, and no commit to either database.
fn vacuum_into(mix: &mut Mix) -> Step {
    let number = mix.fresh();
    let mut copy = mix.attached.clone().into_os_string();
    copy.push(format!("-copy-{number}"));
    Step::new([format!("VACUUM INTO {}", quoted(Path::new(&copy)))], 0)
}
