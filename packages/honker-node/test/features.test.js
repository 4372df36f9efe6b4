'use strict';

// A build without a backend polls instead, and says so once, on standard error.

const assert = require('node:assert/strict');
const { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { BUILT, PACKAGE, database, node, temporary } = require('./support.js');

const BARE = path.join(BUILT, 'bare');
const PROGRAM = `
const honker = require('honker');
for (const name of ['kernel', 'shm', 'kernel', 'shm']) {
  const db = honker.open(process.argv[2], undefined, name);
  console.log(db.backend, db.stats().requested, db.stats().fallback !== null);
  db.close();
}`;

test('a backend that is not built falls back to polling, and says so once', async (t) => {
  assert.ok(existsSync(BARE), 'build it first: scripts/test-node.sh does');
  const directory = temporary(t);
  const package_ = path.join(directory, 'node_modules', 'honker');
  mkdirSync(package_, { recursive: true });
  for (const name of ['package.json', 'index.js', 'native.js']) {
    copyFileSync(path.join(PACKAGE, name), path.join(package_, name));
  }
  cpSync(path.join(PACKAGE, 'lib'), path.join(package_, 'lib'), { recursive: true });
  for (const name of readdirSync(BARE).filter((name) => name.endsWith('.node'))) {
    copyFileSync(path.join(BARE, name), path.join(package_, name));
  }
  writeFileSync(path.join(directory, 'program.cjs'), PROGRAM);
  const program = node(t, [path.join(directory, 'program.cjs'), database(t)]);
  const fallen = ['polling kernel true', 'polling shm true'];
  assert.deepEqual(await program.rest(), [...fallen, ...fallen]);
  const { code, errors } = await program.ended;
  assert.equal(code, 0);
  const [kernel, shm, ...others] = errors.trim().split('\n');
  assert.match(kernel, /kernel-watcher.*polling instead/);
  assert.match(shm, /shm-fast-path.*polling instead/);
  assert.deepEqual(others, []);
});
