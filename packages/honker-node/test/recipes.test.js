'use strict';

// Every recipe is run as its first lines say.

const assert = require('node:assert/strict');
const { copyFileSync, readFileSync, renameSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { isDeepStrictEqual } = require('node:util');
const { Chromium } = require('./chromium.js');
const { Program, Writer, database, noRuntimes, node, runtime, sqlite, until } = require('./support.js');

const recipe = (name) => path.join(__dirname, '..', 'recipes', name);
const QUIET = { code: 0, signal: null, errors: '' };
const hasTable = (file, name) =>
  sqlite(file, `SELECT 1 FROM sqlite_master WHERE name = '${name}'`) === '1';

/** Puts a copy in its place, in which this was done. */
function restore(file, sql = '') {
  copyFileSync(file, `${file}-restored`);
  if (sql) sqlite(`${file}-restored`, sql);
  renameSync(`${file}-restored`, file);
}

test('same_process hears itself and others, also in a restored file', async (t) => {
  const file = database(t);
  const program = node(t, [recipe('same_process.mjs'), file]);
  assert.equal(await program.line(), '1: joined');
  const writer = new Writer(t, file);
  for (const [index, text] of ['hello', 'from outside'].entries()) {
    await writer.sql(`INSERT INTO message(text) VALUES ('${text}')`);
    assert.equal(await program.line(), `${index + 2}: ${text}`);
  }
  restore(file, "DELETE FROM message; INSERT INTO message(text) VALUES ('of the backup')");
  assert.equal(await program.line(), '1: of the backup');
  await new Writer(t, file).sql("INSERT INTO message(text) VALUES ('stop')");
  assert.deepEqual(await program.rest(), ['2: stop']);
  assert.deepEqual(await program.ended, QUIET);
});

test('settings are read again only after a commit, also of a restored file', { skip: noRuntimes }, async (t) => {
  const file = database(t);
  const program = new Program(t, runtime('node'), [
    '--disable-warning=ExperimentalWarning',
    recipe('settings.mjs'),
    file,
  ]);
  const ask = (name) => {
    program.child.stdin.write(`${name}\n`);
    return program.line();
  };
  assert.match(await program.line(), /^type/);
  assert.equal(await ask('colour'), 'undefined');
  const writer = new Writer(t, file);
  await writer.sql("INSERT INTO setting VALUES ('colour', 'green')");
  await until(async () => (await ask('colour')) === 'green');
  for (let n = 0; n < 200; n++) assert.equal(await ask('colour'), 'green');
  await writer.sql("UPDATE setting SET value = 'blue'");
  await until(async () => (await ask('colour')) === 'blue');
  restore(file, "UPDATE setting SET value = 'of the backup'");
  await until(async () => (await ask('colour')) === 'of the backup');
  program.child.stdin.end();
  // One for each commit (its table's too, should that have been seen) and for the new file, not one for each question.
  const queries = Number(/(\d+) queries/.exec((await program.rest()).at(-1))[1]);
  assert.ok(queries <= 6, `${queries} queries`);
  const { code, errors } = await program.ended;
  assert.equal(code, 0);
  assert.match(errors, /^honker: database file replaced/);
});

test('jobs are done once each by several workers', async (t) => {
  const file = database(t, 'WAL');
  const workers = [0, 1, 2].map((n) => node(t, [recipe('job_workers.mjs'), file, `worker ${n}`]));
  const lines = Promise.all(workers.map((worker) => worker.rest()));
  await until(() => hasTable(file, 'job'));
  const writer = new Writer(t, file);
  for (let n = 0; n < 100; n++) await writer.sql(`INSERT INTO job(task) VALUES ('job ${n}')`);
  await until(() => sqlite(file, 'SELECT count(*) FROM job WHERE done') === '100');
  for (const _ of workers) await writer.sql("INSERT INTO job(task) VALUES ('stop')");
  for (const worker of workers) assert.deepEqual(await worker.ended, QUIET);
  const tasks = (await lines).flat().map((line) => line.split(': ')[1]);
  const expected = [...Array(100).keys()].map((n) => `job ${n}`).concat(Array(3).fill('stop'));
  assert.deepEqual(tasks.sort(), expected.sort());
});

test('an idle worker runs no query and no code', { skip: process.platform !== 'linux' }, async (t) => {
  const file = database(t);
  const worker = node(t, [recipe('job_workers.mjs'), file, 'idle']);
  await until(() => hasTable(file, 'job'));
  sqlite(file, "INSERT INTO job(task) VALUES ('first')");
  assert.equal(await worker.line(), 'idle: first');
  /** The main thread's state, and how often it has gone to sleep. */
  const slept = () => {
    const status = readFileSync(`/proc/${worker.child.pid}/status`, 'utf8');
    return [
      /^State:\t(.)/m.exec(status)[1],
      Number(/^voluntary_ctxt_switches:\t(\d+)/m.exec(status)[1]),
    ];
  };
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  let before;
  await until(async () => {
    const last = before;
    before = slept();
    await pause(200);
    return before[0] === 'S' && isDeepStrictEqual(last, before);
  });
  // Nothing that is to be waited for happens: it must not run in all this time.
  await pause(1000);
  assert.deepEqual(slept(), before);
});

test('workers survive a restore', async (t) => {
  const file = database(t);
  const worker = node(t, [recipe('job_workers.mjs'), file, 'worker']);
  await until(() => hasTable(file, 'job'));
  sqlite(file, "INSERT INTO job(task) VALUES ('before')");
  assert.equal(await worker.line(), 'worker: before');
  await until(() => sqlite(file, 'SELECT count(*) FROM job WHERE done') === '1');
  restore(file);
  sqlite(file, "INSERT INTO job(task) VALUES ('after')");
  assert.equal(await worker.line(), 'worker: after');
  sqlite(file, "INSERT INTO job(task) VALUES ('stop')");
  const { code, errors } = await worker.ended;
  assert.equal(code, 0);
  assert.match(errors, /^worker: honker: database file replaced/);
});

test('the live page follows the table in a real browser, also through a restore, and is shut down with it', async (t) => {
  const file = database(t);
  const server = node(t, [recipe('live_page.mjs'), file, '0']);
  const [url] = /^http\S+/.exec(await server.line());
  const writer = new Writer(t, file);
  const page = await Chromium.open(t, url);
  const shown = "Array.from(document.querySelectorAll('#orders li'), (li) => li.textContent)";
  await until(() => page.evaluate("document.readyState === 'complete'"));
  await page.evaluate('window.loadedOnce = true');
  const expected = [];
  for (const order of ['two coffees', '<b>tea</b>', 'a third thing']) {
    await writer.sql(`INSERT INTO orders(text) VALUES ('${order}')`);
    expected.push(order);
    await until(async () => isDeepStrictEqual(await page.evaluate(shown), expected), order);
  }
  await writer.sql('DELETE FROM orders');
  await until(async () => isDeepStrictEqual(await page.evaluate(shown), []), 'the page is empty');
  restore(file, "INSERT INTO orders(text) VALUES ('of the backup')");
  const restored = async (...texts) => isDeepStrictEqual(await page.evaluate(shown), texts);
  await until(() => restored('of the backup'), 'the page follows the restored file');
  await new Writer(t, file).sql("INSERT INTO orders(text) VALUES ('a new one')");
  await until(() => restored('of the backup', 'a new one'), 'and its commits');
  assert.equal(await page.evaluate('window.loadedOnce'), true, 'it was not loaded again');
  // Its event stream is open still.
  server.child.kill('SIGTERM');
  assert.deepEqual(await server.ended, QUIET);
});
