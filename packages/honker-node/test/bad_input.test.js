'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { pathToFileURL } = require('node:url');
const honker = require('honker');
const { WINDOWS, database, node, project, sqlite, temporary } = require('./support.js');

const VALUE = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };

test('a path that names no database is refused with a stable code', (t) => {
  const directory = temporary(t);
  const garbage = path.join(directory, 'garbage.db');
  writeFileSync(garbage, 'this is not a database, and long enough to be looked at as one'.repeat(20));
  const cases = [
    [path.join(directory, 'no/such/app.db'), { code: 'ENOENT', message: /no such directory/ }],
    [directory, { code: 'EISDIR' }],
    [garbage, { code: 'ERR_HONKER', message: /is not a SQLite database/ }],
    ['', VALUE],
    ['app\0.db', VALUE],
    [':memory:', VALUE],
    ['file:app.db?mode=ro', VALUE],
  ];
  if (!WINDOWS) {
    const fifo = path.join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    cases.push([fifo, { code: 'ERR_HONKER', message: /FIFO/ }]);
  }
  for (const [file, expected] of cases) assert.throws(() => honker.open(file), expected, file);
  assert.throws(() => honker.open(path.join(directory, 'app.db'), { mustExist: true }), {
    code: 'ENOENT',
  });
});

test('a file that may not be read is refused', { skip: !dropsPrivileges() }, async (t) => {
  const file = database(t);
  chmodSync(path.dirname(file), 0o755);
  chmodSync(file, 0o000);
  const program = node(t, [
    '-e',
    `const honker = require(${JSON.stringify(path.dirname(require.resolve('honker')))});
     process.setgid(65534); process.setuid(65534);
     try { honker.open(process.argv[1]); } catch (error) { console.log(error.code, error.message); }`,
    file,
  ]);
  assert.match(await program.line(), /^EACCES .*app\.db/);
});

function dropsPrivileges() {
  return process.getuid?.() === 0;
}

test('nothing is created, and a missing file is watched', async (t) => {
  const directory = temporary(t);
  const file = path.join(directory, 'later.db');
  const db = honker.open(file);
  assert.equal(existsSync(file), false);
  assert.deepEqual(readdirSync(directory), []);
  const next = db.updateEvents().next();
  sqlite(file, 'CREATE TABLE t(n)');
  assert.equal((await next).value.kind, 'commit');
  db.close();
});

test('wrong types are refused as Node does it', (t) => {
  const file = database(t);
  for (const value of [undefined, null, 3, true, {}, [], Symbol('path'), () => file]) {
    assert.throws(() => honker.open(value), TYPE);
  }
  for (const value of ['kernel', 3, true, ['kernel']]) {
    assert.throws(() => honker.open(file, value), TYPE);
  }
  for (const value of [3, {}, true]) assert.throws(() => honker.open(file, undefined, value), TYPE);
  for (const options of [
    { watcherBackend: 3 },
    { pollInterval: '1' },
    { pollInterval: 1n },
    { mustExist: 1 },
    { onReplace: true },
  ]) {
    assert.throws(() => honker.open(file, options), TYPE);
  }
  const db = honker.open(file);
  for (const options of [
    'signal',
    { signal: 3 },
    { signal: {} },
    { signal: { aborted: false } },
    { signal: { aborted: false, addEventListener() {} } },
    { since: 3 },
    { minInterval: '1' },
    { idlePollS: null, signal: 'now' },
  ]) {
    assert.throws(() => db.updateEvents(options), TYPE);
  }
  assert.equal(db.stats().subscribers, 0);
  db.close();
});

test('wrong values are refused, and the message lists those there are', (t) => {
  const file = database(t);
  assert.throws(() => honker.open(file, undefined, 'inotify'), {
    ...VALUE,
    message: /"inotify". Valid names: polling, kernel, shm, auto/,
  });
  // It would bring a second SQLite into the process.
  assert.throws(() => honker.open(file, undefined, 'data-version'), VALUE);
  assert.throws(() => honker.open(file, { onReplace: 'ignore' }), {
    ...VALUE,
    message: /Valid names: die, follow/,
  });
  const db = honker.open(file);
  for (const since of ['yesterday', '']) {
    const message = new RegExp(`"${since}" is no position`);
    assert.throws(() => db.updateEvents({ since }), { ...VALUE, message });
  }
  assert.equal(db.stats().subscribers, 0);
  db.close();
});

test('times have a range, and the message names the option and the range', (t) => {
  const file = database(t);
  const db = honker.open(file);
  const nonsense = [NaN, Infinity, -Infinity, -1, 1e300];
  for (const [option, range, wrong, right, use] of [
    [
      'pollInterval',
      '0.1 to 60000 milliseconds',
      [0, 0.09, 60_001],
      [0.1, 60_000],
      (options) => honker.open(file, options).close(),
    ],
    [
      'minInterval',
      '0 to 2147483647 milliseconds',
      [-0.1, 2 ** 31],
      [0, 2 ** 31 - 1],
      (options) => db.updateEvents(options).close(),
    ],
    [
      'idlePollS',
      '0.001 to 2147483 seconds',
      [0, 0.0009, 2_147_484],
      [0.001, 2_147_483],
      (options) => db.updateEvents(options).close(),
    ],
  ]) {
    for (const value of [...nonsense, ...wrong]) {
      const message = new RegExp(`^options\\.${option} must be from ${range}\\. Received `);
      assert.throws(() => use({ [option]: value }), { ...VALUE, message }, `${option}: ${value}`);
    }
    for (const value of [...right, undefined, null]) use({ [option]: value });
  }
  assert.equal(db.stats().subscribers, 0);
  db.close();
});

test('shm is refused outside WAL', (t) => {
  assert.throws(() => honker.open(database(t, 'DELETE'), undefined, 'shm'), {
    code: 'ERR_HONKER',
    message: /shm backend cannot watch/,
  });
});

test('the third argument comes before the option', (t) => {
  const db = honker.open(database(t), { watcherBackend: 'polling' }, 'kernel');
  assert.equal(db.backend, 'kernel');
  db.close();
});

test('a path may be a Buffer, a URL, or a name that is no text', (t) => {
  const file = database(t);
  for (const given of [file, Buffer.from(file), new Uint8Array(Buffer.from(file)), pathToFileURL(file)]) {
    const db = honker.open(given);
    assert.equal(db.path, file);
    db.close();
  }
  // On Windows names are text.
  if (!WINDOWS) {
    const bytes = Buffer.concat([Buffer.from(path.dirname(file)), Buffer.from([0x2f, 0xff, 0xfe])]);
    renameSync(file, bytes);
    honker.open(bytes, { mustExist: true }).close();
  }
  assert.throws(() => honker.open(new URL('https://example.org/app.db')), {
    code: 'ERR_INVALID_URL_SCHEME',
  });
});

test('a method on the wrong object throws, and nothing crashes', (t) => {
  const db = honker.open(database(t));
  const events = db.updateEvents();
  for (const method of ['updateEvents', 'position', 'close', 'stats']) {
    assert.throws(() => db[method].call({}), TypeError, method);
  }
  for (const method of ['close', 'ref', 'unref', 'return']) {
    assert.throws(() => events[method].call({}), TypeError, method);
  }
  assert.throws(() => honker.Database(db.path), TypeError);
  assert.throws(() => new honker.UpdateEvents(), {
    name: 'TypeError',
    code: 'ERR_ILLEGAL_CONSTRUCTOR',
    message: /Database\.updateEvents/,
  });
  db.close();
});

test('subscribing to a directory that was removed is told by its end', async (t) => {
  const directory = path.join(temporary(t), 'inner');
  mkdirSync(directory);
  const db = honker.open(path.join(directory, 'app.db'));
  const next = db.updateEvents().next();
  renameSync(directory, `${directory}-away`);
  await assert.rejects(next, { code: 'ERR_HONKER_DIED', reason: /no such directory/ });
  db.close();
});

test('the trace of an error leads to the call that made it', async (t) => {
  const directory = project(t, {
    'program.cjs': `const honker = require('honker');
try { honker.open('/no/such/app.db'); } catch (error) { console.log(/program\\.cjs/.test(error.stack)); }`,
  });
  const program = node(t, [`${directory}/program.cjs`]);
  assert.deepEqual(await program.rest(), ['true']);
});
