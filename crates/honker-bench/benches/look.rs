//! What one look at an idle database costs, way by way: `cargo bench -p honker-bench --bench look`.

use criterion::{Criterion, criterion_group, criterion_main};
use honker_bench::look;
use honker_testkit::{JournalMode, Synchronous, TempDb, Writer};

fn looks(criterion: &mut Criterion) {
    for mode in [JournalMode::Wal, JournalMode::Delete] {
        let db = TempDb::new(mode);
        let mut writer = Writer::spawn();
        let conn = writer.open_in(db.path(), mode, Synchronous::Off);
        // In WAL only with the first read does a connection really open the database.
        writer.query_i64(conn, "SELECT max(id) FROM t");
        let mut group = criterion.benchmark_group(format!("look at an idle database, {mode}"));
        for way in ["honker", "data-version", "table", "header"] {
            let mut look = look::way(way, db.path()).expect("a way to look");
            group.bench_function(way, |bencher| bencher.iter(&mut look));
        }
        group.finish();
    }
}

criterion_group!(benches, looks);
criterion_main!(benches);
