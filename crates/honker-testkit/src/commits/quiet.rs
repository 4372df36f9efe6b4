//! Steps that commit nothing.

use super::changes::{spilling, update};
use super::mix::{Kind, Mix};
use super::schema::{ALWAYS, fill_bulk};
use super::{Session, Step};

pub(super) const KINDS: &[Kind] = &[
    Kind::sometimes("rollback", 6, rollback),
    Kind::sometimes("spilled rollback", 3, spilled_rollback),
    Kind::sometimes("savepoint rolled back", 2, savepoint_rolled_back),
    Kind::always("empty transaction", 3, |mix| {
        empty_transaction(mix, "COMMIT")
    }),
    Kind::always("empty transaction rolled back", 2, |mix| {
        empty_transaction(mix, "ROLLBACK")
    }),
    Kind::always("empty savepoint", 1, |_| {
        none(["SAVEPOINT outer", "RELEASE outer"])
    }),
    Kind::always("transaction of reads and no-ops", 2, transaction_of_no_ops),
    Kind::always("no-op statement", 6, no_op),
    Kind::always("every no-op statement", 1, |_| none(NO_OPS)),
    Kind::sometimes("failed statement", 3, failed),
    Kind::always("checkpoint PASSIVE", 2, |_| {
        none(["PRAGMA wal_checkpoint(PASSIVE)"])
    }),
    Kind::always("checkpoint FULL", 2, |_| {
        none(["PRAGMA wal_checkpoint(FULL)"])
    }),
    Kind::always("checkpoint RESTART", 2, |_| {
        none(["PRAGMA wal_checkpoint(RESTART)"])
    }),
    Kind::always("checkpoint TRUNCATE", 2, |_| {
        none(["PRAGMA wal_checkpoint(TRUNCATE)"])
    }),
    Kind::always("read", 6, |_| {
        none(["SELECT count(*), sum(n) FROM item", "PRAGMA data_version"])
    }),
    Kind::always("read on another connection", 3, |_| {
        none(["SELECT count(*) FROM item"]).on(Session::Second)
    }),
    Kind::always("open and close without a read", 1, |_| {
        none([""]).on(Session::Second)
    }),
    Kind::always("close and reopen", 3, |_| {
        none(["SELECT count(*) FROM item"]).on(Session::Reopened)
    }),
    Kind::always("integrity check", 1, |_| none(["PRAGMA integrity_check"])),
    Kind::always("the same journal mode", 2, |mix| none([mix.mode.pragma()])),
    Kind::always("settings", 1, settings),
    Kind::always("temporary table", 2, temporary_table),
];

fn none<S: Into<String>>(sql: impl IntoIterator<Item = S>) -> Step {
    Step::new(sql, 0)
}

fn begin(mix: &mut Mix) -> String {
    ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"][mix.rng.usize(0..3)].into()
}

fn rollback(mix: &mut Mix) -> Option<Step> {
    let insert = format!("INSERT INTO item(id, n) VALUES ({}, 0)", mix.fresh());
    let sql = [begin(mix), update(mix), insert, "ROLLBACK".into()];
    mix.can_undo().then(|| none(sql))
}

/// Pages reached the file, page 1 with its counter among them, and were put back.
fn spilled_rollback(mix: &mut Mix) -> Option<Step> {
    let [delete, insert] = fill_bulk();
    let version = format!("PRAGMA user_version={}", mix.fresh());
    let sql = [
        "BEGIN".into(),
        version,
        delete,
        insert,
        update(mix),
        "ROLLBACK".into(),
    ];
    mix.can_undo().then(|| none(spilling(sql)))
}

fn savepoint_rolled_back(mix: &mut Mix) -> Option<Step> {
    let sql = [
        "BEGIN".into(),
        "SAVEPOINT inner".into(),
        update(mix),
        "ROLLBACK TO inner".into(),
        "ROLLBACK".into(),
    ];
    mix.can_undo().then(|| none(sql))
}

fn empty_transaction(mix: &mut Mix, end: &str) -> Step {
    none([begin(mix), end.into()])
}

fn transaction_of_no_ops(mix: &mut Mix) -> Step {
    none([
        begin(mix),
        "SELECT * FROM item".into(),
        "UPDATE item SET n = n + 1 WHERE 0".into(),
        "COMMIT".into(),
    ])
}

/// Statements that may take the write lock, and change no page.
const NO_OPS: [&str; 10] = [
    "UPDATE item SET n = n + 1 WHERE 0",
    "UPDATE item SET n = n + 1 WHERE id = -1",
    // The cell would become what it is, so SQLite leaves the page alone (an index would be written).
    "UPDATE item SET n = n WHERE id = 1",
    "DELETE FROM item WHERE id = -1",
    "INSERT INTO item(n) SELECT 1 WHERE 0",
    "INSERT OR IGNORE INTO item(id) VALUES (1)",
    "INSERT INTO item(id) VALUES (1) ON CONFLICT DO NOTHING",
    "CREATE TABLE IF NOT EXISTS item(a)",
    "DROP TABLE IF EXISTS missing",
    "REINDEX empty",
];

fn no_op(mix: &mut Mix) -> Step {
    none([NO_OPS[mix.rng.usize(0..NO_OPS.len())]])
}

fn failed(mix: &mut Mix) -> Option<Step> {
    let sql = format!("INSERT INTO item(id) VALUES ({}), ({ALWAYS})", mix.fresh());
    mix.can_undo().then(|| none([sql]))
}

fn settings(mix: &mut Mix) -> Step {
    none([
        mix.synchronous.pragma(),
        "PRAGMA foreign_keys".into(),
        "PRAGMA auto_vacuum=0".into(),
        "PRAGMA page_size=4096".into(),
    ])
}

/// Temporary tables live in a file of their own.
fn temporary_table(_: &mut Mix) -> Step {
    none([
        "CREATE TEMP TABLE scratch(a)",
        "INSERT INTO scratch VALUES (1)",
        "DROP TABLE scratch",
    ])
}
