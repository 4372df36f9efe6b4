//! The example in Rust of the README, as it stands there, beside a real writer.

use honker_core::ErrorKind;
use honker_testkit::{JournalMode, LONG, TempDb, Writer, wait_until};
use std::fs;
use std::thread;

mod example {
    include!("example.rs");

    pub(super) fn run() -> Result<(), honker_core::Error> {
        main()
    }
}

#[test]
fn the_readme_shows_the_code_that_is_tested_here() {
    let readme = include_str!("../../../../README.md");
    let code = include_str!("example.rs");
    assert!(readme.contains(&format!("```rust\n{code}```\n")));
}

#[test]
fn it_wakes_until_the_database_is_replaced() {
    let (db, new) = (TempDb::new(JournalMode::Wal), TempDb::new(JournalMode::Wal));
    // The only test here that cares: the example names its database without a directory.
    std::env::set_current_dir(db.dir()).expect("a directory");
    let running = thread::spawn(example::run);
    let mut writer = Writer::spawn();
    let conn = writer.open(db.path());
    for _ in 0..20 {
        let sql = "INSERT INTO t(n) VALUES (1)";
        writer.exec(conn, sql).expect("a commit");
    }
    // Whenever it began: a file that was there before is not replaced.
    let ended = wait_until(LONG, || {
        fs::copy(new.path(), db.beside("new")).expect("a copy");
        fs::rename(db.beside("new"), db.path()).expect("renamed");
        running.is_finished()
    });
    assert!(ended, "it waits on");
    let ended = running.join().expect("it does not panic");
    let ended = ended.expect_err("it waits for ever otherwise");
    assert_eq!(ended.kind(), ErrorKind::Replaced, "{ended}");
}
