//! The tables that the steps work on; the attached database has the same.

/// What both databases start with.
pub(super) const CREATE: &str = "
CREATE TABLE item(id INTEGER PRIMARY KEY, n INTEGER, body TEXT);
CREATE TABLE keyed(id INTEGER PRIMARY KEY, n INTEGER UNIQUE);
CREATE TABLE empty(a);
CREATE TABLE bulk(a INTEGER, b BLOB);
INSERT INTO item(id, n, body) VALUES (1, 0, 'always here');
INSERT INTO keyed(id, n) VALUES (1, 1);
";

/// The row of `item` and of `keyed` that no step deletes.
pub(super) const ALWAYS: i64 = 1;

/// So few pages of cache that a large transaction writes to the files before it commits.
pub(super) const SMALL_CACHE: &str = "PRAGMA cache_size=5";
/// SQLite's default.
pub(super) const NORMAL_CACHE: &str = "PRAGMA cache_size=-2000";

/// Fills `bulk` with some 80 pages, over and over.
pub(super) fn fill_bulk() -> [String; 2] {
    [
        "DELETE FROM bulk".into(),
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 80)
         INSERT INTO bulk SELECT i, randomblob(3000) FROM c"
            .into(),
    ]
}
