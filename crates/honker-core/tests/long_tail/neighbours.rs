//! Many databases in one directory: nobody wakes for a neighbour's commits.

use crate::watching::Watched;
use crate::{INSERT, both_modes};
use honker_core::WatcherBackend;
use honker_testkit::{TempDb, Writer, count};

#[test]
fn a_neighbours_commits_wake_nobody_else_with_any_backend() {
    for (mode, backend) in both_modes() {
        let db = TempDb::new(mode);
        // Names that begin with each other, too.
        let neighbours: Vec<_> = (0..count(20, 200))
            .map(|number| db.beside(&format!("app.db{number}")))
            .chain([
                db.beside("app.db-wal2"),
                db.beside("app"),
                db.beside("my-app.db"),
            ])
            .collect();
        for path in &neighbours {
            std::fs::copy(db.path(), path).expect("a copy");
        }
        let mut watched = Watched::open(db.path(), backend);
        let mut others: Vec<_> = neighbours
            .iter()
            .map(|path| Watched::open(path, backend))
            .collect();
        let mut writer = Writer::spawn();
        for (path, other) in neighbours.iter().zip(&mut others) {
            let conn = writer.open(path);
            writer.exec(conn, INSERT).expect("a commit");
            writer.close(conn);
            other.accounts_for(1, &format!("{}, {backend}", path.display()));
        }
        watched.accounts_for(0, &format!("{mode}, {backend}"));
        let stats = watched.stats();
        assert_eq!((stats.wakes, stats.commits), (0, 0), "{mode}, {backend}");
        if backend == WatcherBackend::KernelWatch {
            assert_eq!(stats.hints, 0, "an event of a neighbour is no hint: {mode}");
        }
        // The other way round: its own commits are its own.
        writer = Writer::spawn();
        let conn = writer.open(db.path());
        writer.exec(conn, INSERT).expect("a commit");
        watched.accounts_for(1, &format!("{mode}, {backend}"));
        for other in &mut others {
            other.accounts_for(0, &format!("a neighbour, {mode}, {backend}"));
        }
    }
}
