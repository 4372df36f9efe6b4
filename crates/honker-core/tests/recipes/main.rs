//! The recipes of docs/backends.md, as they stand there, with real writers in other processes.

use honker_core::SharedUpdateWatcher;
use honker_testkit::{JournalMode, LONG, TempDb, Writer};
use rusqlite::Connection;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

mod subscribe_then_read {
    include!("subscribe_then_read.rs");

    pub(super) fn run(path: &Path, show: impl FnMut(i64) -> bool) {
        follow_orders(path, show).expect("it follows");
    }
}

mod which_table {
    include!("which_table.rs");

    pub(super) fn track_all(path: &Path, tables: &[&str]) {
        let database = Connection::open(path).expect("a connection");
        for table in tables {
            track(&database, table).expect("triggers");
        }
    }

    pub(super) fn run(path: &Path, changed: impl FnMut(&[String]) -> bool) {
        follow_tables(path, changed).expect("it follows");
    }
}

#[test]
fn the_document_shows_the_code_that_is_tested_here() {
    let document = include_str!("../../../../docs/backends.md");
    for code in [
        include_str!("subscribe_then_read.rs"),
        include_str!("which_table.rs"),
    ] {
        assert!(
            document.contains(&format!("```rust\n{code}```\n")),
            "docs/backends.md shows other code than this: {code}"
        );
    }
}

/// What another watcher finds, and whether the observer thread, which it shares, answers at all.
fn known(db: &TempDb) -> String {
    let path = db.path().to_owned();
    let (tell, told) = channel();
    thread::spawn(move || {
        let watcher = SharedUpdateWatcher::new(&path).expect("a watcher");
        let subscribed = watcher.update_events().map(drop);
        let database = Connection::open(&path).expect("a connection");
        let orders: i64 = database
            .query_row("SELECT count(*) FROM orders", [], |row| row.get(0))
            .expect("it can be read");
        let stats = watcher.stats();
        let _ = tell.send(format!("{orders} there, {subscribed:?}, {stats:#?}"));
    });
    let found = told.recv_timeout(Duration::from_secs(5));
    found.unwrap_or_else(|_| "the observer thread does not answer".to_owned())
}

const INSERT: &str = "INSERT INTO orders(n) VALUES (1)";

#[test]
fn nothing_falls_between_subscribing_and_reading() {
    for mode in JournalMode::ALL {
        let db = TempDb::new(mode);
        db.sql("CREATE TABLE orders(n)");
        let (shown, seen) = channel();
        let path = db.path().to_owned();
        let total = 200;
        let reader = thread::spawn(move || {
            subscribe_then_read::run(&path, |orders| {
                shown.send(orders).expect("the test listens");
                orders < total
            });
        });
        // Commits are under way while it subscribes and reads for the first time.
        let mut writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer.set_journal_mode(conn, mode);
        for _ in 0..total {
            writer.exec(conn, INSERT).expect("a commit");
        }
        assert_eq!(writer.query_i64(conn, "SELECT count(*) FROM orders"), total);
        let mut last = -1;
        while last < total {
            let orders = seen
                .recv_timeout(LONG)
                .unwrap_or_else(|error| panic!("{mode}, {last} seen: {error}; {}", known(&db)));
            assert!(orders >= last, "{mode}");
            last = orders;
        }
        reader.join().expect("it ends");
    }
}

#[test]
fn each_wake_is_told_by_its_tables() {
    let db = TempDb::new(JournalMode::Wal);
    db.sql("CREATE TABLE orders(n); CREATE TABLE stock(n); CREATE TABLE logs(n)");
    which_table::track_all(db.path(), &["orders", "stock"]);
    let (told, seen) = channel();
    let path = db.path().to_owned();
    let follower = thread::spawn(move || {
        which_table::run(&path, |tables| {
            told.send(tables.to_vec()).expect("the test listens");
            !tables.contains(&"stock".to_owned()) || tables.len() < 2
        });
    });
    // Until it has subscribed, nothing wakes it.
    let first = honker_testkit::wait_for(LONG, || {
        db.sql(INSERT);
        seen.try_recv().ok()
    });
    assert_eq!(first.expect("a wake"), ["orders"]);
    db.sql("INSERT INTO logs VALUES (1)");
    db.sql("INSERT INTO stock VALUES (1)");
    let next = || seen.recv_timeout(LONG).expect("a wake");
    let mut tables = next();
    while tables == ["orders"] {
        tables = next();
    }
    assert_eq!(
        tables,
        ["stock"],
        "and nothing of the table without triggers"
    );
    for (sql, expected) in [
        ("UPDATE orders SET n = n + 1", "orders"),
        ("DELETE FROM stock", "stock"),
    ] {
        db.sql(sql);
        assert_eq!(next(), [expected]);
    }
    db.sql("BEGIN; UPDATE orders SET n = 0; INSERT INTO stock VALUES (2); COMMIT");
    assert_eq!(next(), ["orders", "stock"], "one transaction over both");
    follower.join().expect("it ends");
}
