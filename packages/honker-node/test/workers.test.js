'use strict';

const assert = require('node:assert/strict');
const { Worker } = require('node:worker_threads');
const test = require('node:test');
const honker = require('honker');
const { SQLITE, WINDOWS, Writer, count, database, node, project, until } = require('./support.js');

/** Waits in a loop, and tells of each update. */
const CONSUMER = `
const { parentPort, workerData } = require('node:worker_threads');
const honker = require(workerData.honker);
const events = honker.open(workerData.file, undefined, workerData.backend).updateEvents();
(async () => {
  for (let n = 0; n < 20; n++) honker.open(workerData.file).updateEvents().next();
  parentPort.postMessage('ready');
  for await (const update of events) parentPort.postMessage(update);
})();`;

function consumer(file, backend) {
  const workerData = { honker: require.resolve('honker'), file, backend };
  return new Worker(CONSUMER, { eval: true, workerData });
}

const message = (worker) => new Promise((resolve) => worker.once('message', resolve));

test('workers wait for themselves, each beside the others', async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  const workers = ['polling', 'kernel', 'auto'].map((backend) => consumer(file, backend));
  const db = honker.open(file);
  const events = db.updateEvents();
  for (const ready of await Promise.all(workers.map(message))) assert.equal(ready, 'ready');
  for (let seq = 1; seq <= 10; seq++) {
    const told = workers.map(message);
    await writer.commit();
    for (const update of await Promise.all(told)) assert.equal(update.seq, seq);
    assert.equal((await events.next()).value.seq, seq);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  db.close();
});

// On Windows not every count is exact (docs/platforms.md).
test('a worker that is terminated while it waits, and is woken, harms nothing', { skip: WINDOWS && 'not every count is exact there' }, async (t) => {
  const file = database(t, 'WAL');
  const writer = new Writer(t, file);
  await writer.commit();
  const db = honker.open(file, undefined, 'kernel');
  const events = db.updateEvents();
  let committing = true;
  const commits = (async () => {
    let made = 0;
    for (; committing; made++) await writer.commit();
    return made;
  })();
  let seen = 0;
  const watching = (async () => {
    for await (const update of events) {
      seen += update.commits;
      assert.equal(update.exact, true);
    }
  })();
  for (let n = 0; n < count(20, 200); n++) {
    const workers = [consumer(file, 'kernel'), consumer(file, 'polling')];
    await Promise.all(workers.map(message));
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  committing = false;
  const made = await commits;
  await until(() => seen === made, 'each commit was seen once');
  db.close();
  await watching;
});

test('the addon outlives the only worker that loaded it', async (t) => {
  const file = database(t);
  const directory = project(t, {
    'program.cjs': `const { Worker } = require('node:worker_threads');
const { execFileSync } = require('node:child_process');
const [sqlite3, ...first] = ${JSON.stringify(SQLITE)};
const commit = () => execFileSync(sqlite3, [...first, process.argv[2], 'INSERT INTO t VALUES (1)']);
const workerData = { honker: 'honker', file: process.argv[2], backend: 'kernel' };
(async () => {
  for (let n = 0; n < 5; n++) {
    const worker = new Worker(${JSON.stringify(CONSUMER)}.replace('workerData.honker', JSON.stringify(require.resolve('honker'))), { eval: true, workerData });
    await new Promise((resolve) => worker.once('message', resolve));
    const woken = new Promise((resolve) => worker.once('message', resolve));
    commit();
    await woken;
    commit();
    await worker.terminate();
    commit();
  }
  console.log('over');
})();`,
  });
  const program = node(t, [`${directory}/program.cjs`, file]);
  assert.deepEqual(await program.rest(), ['over']);
  assert.deepEqual(await program.ended, { code: 0, signal: null, errors: '' });
});

const NOTHING_BEHIND = 'a worker that is terminated leaves nothing behind: no watcher, no thread, no descriptor';
test(NOTHING_BEHIND, { skip: WINDOWS && 'there is no /proc' }, async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  const directory = project(t, {
    'program.cjs': `const { Worker } = require('node:worker_threads');
const { readFileSync, readdirSync } = require('node:fs');
const workerData = { honker: require.resolve('honker'), file: process.argv[2] };
const name = (thread) => { try { return readFileSync('/proc/self/task/' + thread + '/comm', 'utf8'); } catch { return ''; } };
const isObserved = () => readdirSync('/proc/self/task').some((thread) => name(thread) === 'honker-observer\\n');
const round = async (count) => {
  for (let n = 0; n < count; n++) {
    const worker = new Worker(${JSON.stringify(CONSUMER)}, { eval: true, workerData: { ...workerData, backend: n % 2 ? 'kernel' : 'polling' } });
    await new Promise((resolve) => worker.once('message', resolve));
    if (!isObserved()) throw new Error('nothing is watched');
    await worker.terminate();
    // The last watcher's end is the observer's.
    for (let waits = 0; isObserved(); waits++) {
      if (waits === 60000) throw new Error('it is still watched');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  return { descriptors: readdirSync('/proc/self/fd').length, threads: readdirSync('/proc/self/task').length };
};
(async () => {
  const before = await round(2);
  console.log(JSON.stringify([before, await round(${count(20, 100)})]));
})();`,
  });
  const program = node(t, [`${directory}/program.cjs`, file]);
  let isOver = false;
  const line = program.line().finally(() => (isOver = true));
  while (!isOver) await writer.commit();
  const [before, after] = JSON.parse(await line);
  t.diagnostic(`${JSON.stringify(before)} before, ${JSON.stringify(after)} after`);
  assert.ok(after.descriptors <= before.descriptors);
  assert.ok(after.threads <= before.threads);
  assert.deepEqual(await program.ended, { code: 0, signal: null, errors: '' });
});

test('a worker that awaits nothing ends by itself', async (t) => {
  const file = database(t);
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads');
     const honker = require(workerData.honker);
     globalThis.kept = honker.open(workerData.file).updateEvents();
     kept.unref().next();`,
    { eval: true, workerData: { honker: require.resolve('honker'), file } },
  );
  assert.equal(await new Promise((resolve) => worker.once('exit', resolve)), 0);
});
