use honker_core::SharedUpdateWatcher;
use rusqlite::Connection;
use std::path::Path;

/// Calls `show` with the number of orders, now and after every change, until it has seen enough.
fn follow_orders(
    path: &Path,
    mut show: impl FnMut(i64) -> bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let watcher = SharedUpdateWatcher::new(path)?;
    let mut events = watcher.update_events()?; // first: commits from here on wake
    let database = Connection::open(path)?;
    loop {
        // then: what was committed before the subscription is read here, what comes after it wakes
        let orders = database.query_row("SELECT count(*) FROM orders", [], |row| row.get(0))?;
        if !show(orders) {
            return Ok(());
        }
        events.recv()?;
    }
}
