'use strict';

// A build without a backend polls instead, and says so once, on standard error. One without anything says that.

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

/** A project with a copy of the package, with the addons of that directory, or with none. */
function copied(t, addons) {
  const directory = temporary(t);
  const copy = path.join(directory, 'node_modules', 'honker');
  mkdirSync(copy, { recursive: true });
  for (const name of ['package.json', 'index.js', 'native.js', 'lib']) {
    cpSync(path.join(PACKAGE, name), path.join(copy, name), { recursive: true });
  }
  for (const name of addons ? readdirSync(addons).filter((name) => name.endsWith('.node')) : []) {
    copyFileSync(path.join(addons, name), path.join(copy, name));
  }
  writeFileSync(path.join(directory, 'program.cjs'), PROGRAM);
  return path.join(directory, 'program.cjs');
}

test('a backend that is not built falls back to polling, and says so once', async (t) => {
  assert.ok(existsSync(BARE), 'build it first: scripts/test-node.sh does');
  const program = node(t, [copied(t, BARE), database(t)]);
  const fallen = ['polling kernel true', 'polling shm true'];
  assert.deepEqual(await program.rest(), [...fallen, ...fallen]);
  const { code, errors } = await program.ended;
  assert.equal(code, 0);
  const [kernel, shm, ...others] = errors.trim().split('\n');
  assert.match(kernel, /kernel-watcher.*polling instead/);
  assert.match(shm, /shm-fast-path.*polling instead/);
  assert.deepEqual(others, []);
});

test('without an addon for the platform the error has a code, and says what to do', async (t) => {
  const { code, errors } = await node(t, [copied(t)]).ended;
  assert.equal(code, 1);
  assert.match(errors, /honker's addon for \w+-\w+ is missing, or cannot be loaded\. Install/);
  assert.match(errors, /code: 'ERR_HONKER'/);
});
