use honker_core::SharedUpdateWatcher;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// One row a table, with a number that grows with each change of it.
const CHANGED: &str = "
    CREATE TABLE IF NOT EXISTS changed(name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID";

/// Once, by whoever owns the schema: from then on any writer feeds the table, whatever program it is.
fn track(database: &Connection, table: &str) -> rusqlite::Result<()> {
    database.execute_batch(CHANGED)?;
    for event in ["INSERT", "UPDATE", "DELETE"] {
        database.execute_batch(&format!(
            "CREATE TRIGGER IF NOT EXISTS changed_{table}_{event} AFTER {event} ON {table} BEGIN
                INSERT INTO changed VALUES ('{table}', 1)
                ON CONFLICT(name) DO UPDATE SET version = version + 1;
            END"
        ))?;
    }
    Ok(())
}

/// Calls `changed` with the tables that each wake is about, until it has seen enough.
fn follow_tables(
    path: &Path,
    mut changed: impl FnMut(&[String]) -> bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let watcher = SharedUpdateWatcher::new(path)?;
    let mut events = watcher.update_events()?;
    let database = Connection::open(path)?;
    let mut known = versions(&database)?;
    loop {
        events.recv()?;
        let now = versions(&database)?;
        let moved = now
            .iter()
            .filter(|(name, version)| known.get(*name) != Some(*version));
        let moved: Vec<String> = moved.map(|(name, _)| name.clone()).collect();
        // A commit to a table that is not tracked wakes as well, and is about none of these.
        if !moved.is_empty() && !changed(&moved) {
            return Ok(());
        }
        known = now;
    }
}

fn versions(database: &Connection) -> rusqlite::Result<BTreeMap<String, i64>> {
    let mut select = database.prepare_cached("SELECT name, version FROM changed")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
