'use strict';

// The central claim, in a user's process: honker beside the process's own SQLite hurts nothing and misses nothing.
//
// A second SQLite that watched from inside the process would close descriptors, and with them drop the locks of the
// first: lost updates and damaged databases. honker opens no connection, and closes nothing in the process's table.

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { Program, count, database, noRuntimes, runtime, sqlite } = require('./support.js');

const OTHER = `
const connection = new (require('better-sqlite3'))(process.argv[1], { timeout: 60_000 });
const increment = connection.prepare('UPDATE counter SET n = n + 1');
const end = performance.now() + Number(process.argv[2]) * 1000;
const cell = new Int32Array(new SharedArrayBuffer(4));
let made = 0;
for (; performance.now() < end; made++) {
  increment.run();
  // The host would hardly ever find the lock free.
  Atomics.wait(cell, 0, 0, 1);
}
console.log(made);`;

const HOSTS = [
  ['better-sqlite3', process.execPath, [], false],
  ['node:sqlite', runtime('node'), ['--disable-warning=ExperimentalWarning'], noRuntimes],
];

for (const [which, program, options, skip] of HOSTS) {
  for (const mode of ['DELETE', 'WAL']) {
    for (const backend of ['polling', 'kernel', 'shm', 'auto']) {
      if (backend === 'shm' && mode !== 'WAL') continue;
      test(`nothing is lost and nothing is missed beside ${which}: ${mode}, ${backend}`, { skip }, async (t) => {
        const file = database(t, mode);
        const seconds = count(1, 20);
        const host = new Program(t, program, [
          ...options,
          path.join(__dirname, 'beside_host.js'),
          file,
          backend,
          String(seconds),
          which,
        ]);
        assert.equal(await host.line(), 'ready');
        const other = new Program(t, process.execPath, ['-e', OTHER, file, String(seconds)], {
          cwd: __dirname,
        });
        host.child.stdin.write('go\n');
        const theirs = Number(await other.line());
        assert.equal((await other.ended).code, 0);
        const own = JSON.parse(await host.line());
        host.child.stdin.write(`${theirs}\n`);
        const seen = JSON.parse(await host.line());
        assert.deepEqual(await host.ended, { code: 0, signal: null, errors: '' });
        const total = own.made + theirs;
        t.diagnostic(
          `${own.made} commits by the host, ${own.opened} opens, ${theirs} commits by another process; seen ${JSON.stringify(seen)}`,
        );
        assert.ok(own.made > 0 && theirs > 0 && own.opened > 0);
        assert.equal(sqlite(file, 'PRAGMA integrity_check'), 'ok');
        // Each increment reads what the one before wrote: a lost update is a lower number.
        assert.equal(sqlite(file, 'SELECT n FROM counter'), String(total));
        // Nothing was missed: what was read at the last wake is all there is.
        assert.equal(seen.last, total);
        if (seen.exact) {
          assert.equal(seen.commits, total);
        } else {
          // Counted by its reason.
          assert.ok(seen.commits > 0 && seen.commits <= total);
          assert.notDeepEqual(seen.conservative, {});
        }
      });
    }
  }
}
