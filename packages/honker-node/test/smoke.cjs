'use strict';

// Whether the package works where it was installed, beside better-sqlite3: `node smoke.cjs`, in a directory with both.

const { strict: assert } = require('node:assert');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const Sqlite = require('better-sqlite3');
const honker = require('honker');

async function main() {
  const directory = mkdtempSync(path.join(tmpdir(), 'honker-smoke-'));
  const file = path.join(directory, 'app.db');
  const connection = new Sqlite(file);
  connection.exec('PRAGMA journal_mode=WAL; CREATE TABLE t(n)');
  for (const backend of ['polling', 'kernel', 'shm', 'auto']) {
    const db = honker.open(file, { mustExist: true }, backend);
    const next = db.updateEvents().next();
    connection.exec('INSERT INTO t VALUES (1)');
    const { value } = await next;
    assert.deepEqual(value, { seq: 1, commits: 1, exact: true, kind: 'commit' });
    assert.equal(db.stats().fallback, null);
    db.close();
  }
  const { open, version } = await import('honker');
  assert.equal(open, honker.open);
  assert.throws(() => open('/no/such/app.db'), { code: 'ENOENT' });
  connection.close();
  rmSync(directory, { recursive: true });
  console.log(`honker ${version} works: ${process.platform}, ${process.arch}, Node ${process.versions.node}`);
}

main();
