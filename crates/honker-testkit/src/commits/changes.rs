//! Steps that commit to the main database.

use super::Step;
use super::mix::{Kind, Mix};
use super::schema::{ALWAYS, NORMAL_CACHE, SMALL_CACHE, fill_bulk};

pub(super) const KINDS: &[Kind] = &[
    Kind::always("insert", 12, insert),
    Kind::always("insert and delete of several rows", 4, insert_several),
    Kind::always("update", 12, |mix| one(update(mix))),
    Kind::always("update of an indexed column to the same value", 1, |_| {
        one("UPDATE keyed SET n = n WHERE id = 1")
    }),
    Kind::sometimes("delete", 6, delete),
    Kind::always("delete of every row of an empty table", 1, |_| {
        one("DELETE FROM empty")
    }),
    Kind::always("replace", 2, |mix| {
        one(format!(
            "REPLACE INTO keyed(id, n) VALUES (2, {})",
            mix.fresh()
        ))
    }),
    Kind::always("upsert", 2, upsert),
    Kind::always("several commits", 4, several_commits),
    Kind::always("create table", 3, create_table),
    Kind::sometimes("create index", 3, create_index),
    Kind::sometimes("alter table", 2, alter_table),
    Kind::sometimes("drop index", 2, drop_index),
    Kind::sometimes("drop table", 3, drop_table),
    Kind::always("create and drop view", 1, create_and_drop_view),
    Kind::always("create table as select", 1, create_table_as_select),
    Kind::always("trigger", 1, trigger),
    Kind::always("user_version", 3, |mix| {
        one(format!("PRAGMA user_version={}", mix.fresh()))
    }),
    Kind::always("user_version to the same value", 1, |_| {
        Step::new(["PRAGMA user_version=7", "PRAGMA user_version=7"], 2)
    }),
    Kind::always("application_id", 1, |mix| {
        one(format!("PRAGMA application_id={}", mix.fresh()))
    }),
    Kind::always("vacuum", 2, |_| one("VACUUM")),
    Kind::always(
        "vacuum to another page size",
        1,
        vacuum_to_another_page_size,
    ),
    Kind::always("incremental vacuum", 1, incremental_vacuum),
    Kind::always("reindex", 1, |_| one("REINDEX keyed")),
    Kind::always("analyze", 1, |_| one("ANALYZE")),
    Kind::always("transaction", 8, transaction),
    Kind::always(
        "transaction that undoes itself",
        2,
        transaction_that_undoes_itself,
    ),
    Kind::sometimes(
        "transaction with a failed statement",
        2,
        transaction_with_a_failed_statement,
    ),
    Kind::always("savepoint released", 4, savepoint_released),
    Kind::always("savepoints nested", 2, savepoints_nested),
    Kind::sometimes(
        "savepoint rolled back inside",
        2,
        savepoint_rolled_back_inside,
    ),
    Kind::always("spilled transaction", 3, spilled_transaction),
    Kind::always("spilled statement", 2, spilled_statement),
    Kind::sometimes(
        "spill rolled back to a savepoint",
        1,
        spill_rolled_back_to_a_savepoint,
    ),
];

fn one(sql: impl Into<String>) -> Step {
    Step::new([sql.into()], 1)
}

/// A statement that surely writes: it counts up.
pub(super) fn update(mix: &mut Mix) -> String {
    format!(
        "UPDATE item SET n = n + 1, body = 'update {}' WHERE id = {ALWAYS}",
        mix.fresh()
    )
}

fn insert_row(mix: &mut Mix) -> String {
    let id = mix.fresh();
    mix.rows
        .push(i64::try_from(id).expect("numbers stay small"));
    format!("INSERT INTO item(id, n, body) VALUES ({id}, 0, 'row {id}')")
}

fn insert(mix: &mut Mix) -> Step {
    one(insert_row(mix))
}

/// One statement, one commit, however many rows.
fn insert_several(mix: &mut Mix) -> Step {
    let rows = mix.rng.u32(2..30);
    Step::new(
        [
            format!(
                "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {rows})
                 INSERT INTO empty SELECT randomblob(300) FROM c"
            ),
            "DELETE FROM empty".into(),
        ],
        2,
    )
}

fn delete(mix: &mut Mix) -> Option<Step> {
    if mix.rows.is_empty() {
        return None;
    }
    let chosen = mix.rng.usize(0..mix.rows.len());
    let id = mix.rows.swap_remove(chosen);
    Some(one(format!("DELETE FROM item WHERE id = {id}")))
}

fn upsert(mix: &mut Mix) -> Step {
    let n = mix.fresh();
    one(format!(
        "INSERT INTO keyed(id, n) VALUES (3, {n}) ON CONFLICT(id) DO UPDATE SET n = {n}"
    ))
}

fn several_commits(mix: &mut Mix) -> Step {
    let count = mix.rng.u32(2..20);
    let sql: Vec<String> = (0..count).map(|_| update(mix)).collect();
    Step::new(sql, count)
}

fn create_table(mix: &mut Mix) -> Step {
    let number = mix.fresh();
    mix.tables.push(number);
    one(format!(
        "CREATE TABLE extra_{number}(a, b DEFAULT {number})"
    ))
}

fn create_index(mix: &mut Mix) -> Option<Step> {
    let table = *mix
        .tables
        .iter()
        .find(|table| !mix.indexes.contains(table))?;
    mix.indexes.push(table);
    Some(one(format!(
        "CREATE INDEX extra_{table}_a ON extra_{table}(a)"
    )))
}

fn alter_table(mix: &mut Mix) -> Option<Step> {
    let table = *mix.tables.first()?;
    let column = format!("c{}", mix.fresh());
    let alter = format!("ALTER TABLE extra_{table}");
    Some(Step::new(
        [
            format!("{alter} ADD COLUMN {column} TEXT"),
            format!("{alter} RENAME COLUMN {column} TO {column}_new"),
            format!("{alter} DROP COLUMN {column}_new"),
        ],
        3,
    ))
}

fn drop_index(mix: &mut Mix) -> Option<Step> {
    let table = mix.indexes.pop()?;
    Some(one(format!("DROP INDEX extra_{table}_a")))
}

fn drop_table(mix: &mut Mix) -> Option<Step> {
    let table = mix.tables.pop()?;
    mix.indexes.retain(|&index| index != table);
    Some(one(format!("DROP TABLE extra_{table}")))
}

fn create_and_drop_view(_: &mut Mix) -> Step {
    Step::new(
        ["CREATE VIEW seen AS SELECT * FROM item", "DROP VIEW seen"],
        2,
    )
}

fn create_table_as_select(_: &mut Mix) -> Step {
    Step::new(
        [
            "CREATE TABLE copied AS SELECT * FROM item",
            "DROP TABLE copied",
        ],
        2,
    )
}

/// The trigger's own statements belong to the transaction of the one that fired it.
fn trigger(mix: &mut Mix) -> Step {
    let insert = insert_row(mix);
    Step::new(
        [
            "CREATE TRIGGER counting AFTER INSERT ON item BEGIN UPDATE item SET n = n + 1 WHERE id = 1; END".into(),
            insert,
            "DROP TRIGGER counting".into(),
        ],
        3,
    )
}

/// In WAL the page size stays, and it is a commit all the same.
fn vacuum_to_another_page_size(mix: &mut Mix) -> Step {
    let size = [1024, 2048, 4096, 8192][mix.rng.usize(0..4)];
    Step::new([format!("PRAGMA page_size={size}"), "VACUUM".into()], 1)
}

fn incremental_vacuum(_: &mut Mix) -> Step {
    let [delete, insert] = fill_bulk();
    let commits = [
        "VACUUM".into(),
        delete.clone(),
        insert,
        delete,
        "PRAGMA incremental_vacuum".into(),
    ];
    // The settings take effect with the VACUUM after them; nothing is free any more for a second incremental one.
    let begin = ["PRAGMA auto_vacuum=INCREMENTAL".into()];
    let end = [
        "PRAGMA incremental_vacuum".into(),
        "PRAGMA auto_vacuum=NONE".into(),
        "VACUUM".into(),
    ];
    Step::new(begin.into_iter().chain(commits).chain(end), 6)
}

/// `sql` between BEGIN and COMMIT.
pub(super) fn committed(sql: impl IntoIterator<Item = String>) -> Vec<String> {
    let begin = ["BEGIN".to_owned()];
    begin
        .into_iter()
        .chain(sql)
        .chain(["COMMIT".to_owned()])
        .collect()
}

fn transaction(mix: &mut Mix) -> Step {
    let count = mix.rng.u32(1..12);
    let mut sql: Vec<String> = (0..count)
        .map(|_| {
            if mix.rng.bool() {
                update(mix)
            } else {
                insert_row(mix)
            }
        })
        .collect();
    sql.push("SELECT count(*) FROM item".into());
    let mut sql = committed(sql);
    sql[0] = ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"][mix.rng.usize(0..3)].into();
    Step::new(sql, 1)
}

/// Pages were written, even though they say the same again: SQLite counts it.
fn transaction_that_undoes_itself(mix: &mut Mix) -> Step {
    let id = mix.fresh();
    let sql = [
        format!("INSERT INTO item(id, n) VALUES ({id}, 1)"),
        format!("DELETE FROM item WHERE id = {id}"),
    ];
    Step::new(committed(sql), 1)
}

fn transaction_with_a_failed_statement(mix: &mut Mix) -> Option<Step> {
    let sql = [
        update(mix),
        format!("INSERT INTO item(id) VALUES ({}), ({ALWAYS})", mix.fresh()),
    ];
    mix.can_undo().then(|| Step::new(committed(sql), 1))
}

fn savepoint_released(mix: &mut Mix) -> Step {
    Step::new(
        [
            "SAVEPOINT outer".into(),
            update(mix),
            "RELEASE outer".into(),
        ],
        1,
    )
}

/// Only the release of the outermost savepoint commits.
fn savepoints_nested(mix: &mut Mix) -> Step {
    let (first, second) = (update(mix), insert_row(mix));
    Step::new(
        [
            "SAVEPOINT outer".into(),
            first,
            "SAVEPOINT inner".into(),
            second,
            "RELEASE inner".into(),
            "RELEASE outer".into(),
        ],
        1,
    )
}

/// Nothing is left of the work, and still it is a commit: the journal was begun, so page 1 gets a new counter.
fn savepoint_rolled_back_inside(mix: &mut Mix) -> Option<Step> {
    let sql = [
        "SAVEPOINT inner".into(),
        update(mix),
        "ROLLBACK TO inner".into(),
    ];
    mix.can_undo().then(|| Step::new(committed(sql), 1))
}

/// Runs `sql` with a cache too small for it.
pub(super) fn spilling(sql: impl IntoIterator<Item = String>) -> Vec<String> {
    let small = [SMALL_CACHE.to_owned()];
    small
        .into_iter()
        .chain(sql)
        .chain([NORMAL_CACHE.to_owned()])
        .collect()
}

fn spilled_transaction(mix: &mut Mix) -> Step {
    let work = fill_bulk().into_iter().chain([update(mix)]);
    Step::new(spilling(committed(work)), 1)
}

fn spilled_statement(_: &mut Mix) -> Step {
    let [delete, insert] = fill_bulk();
    Step::new(spilling([delete, insert]), 2)
}

fn spill_rolled_back_to_a_savepoint(mix: &mut Mix) -> Option<Step> {
    let [delete, insert] = fill_bulk();
    let sql = [
        update(mix),
        "SAVEPOINT inner".into(),
        delete,
        insert,
        "ROLLBACK TO inner".into(),
    ];
    mix.can_undo()
        .then(|| Step::new(spilling(committed(sql)), 1))
}
