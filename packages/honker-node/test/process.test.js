'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { Writer, count, database, node, project } = require('./support.js');

/** A program with the package installed, that is given the path of a database. */
function program(t, text, options = [], env = {}) {
  const file = database(t);
  const directory = project(t, {
    'program.cjs': `'use strict';
const honker = require('honker');
const path = process.argv[2];
process.on('unhandledRejection', (error) => { console.error('unhandled', error); process.exit(70); });
${text}`,
  });
  const started = node(t, [...options, `${directory}/program.cjs`, file], {
    env: { ...process.env, ...env },
  });
  return { file, started };
}

const QUIET = { code: 0, signal: null, errors: '' };

test('a subscription that nobody awaits does not keep the process alive', async (t) => {
  const { started } = program(
    t,
    `const db = honker.open(path, undefined, 'kernel');
     globalThis.kept = [db, db.updateEvents(), honker.open(path), db.updateEvents({ signal: new AbortController().signal })];`,
  );
  assert.deepEqual(await started.ended, QUIET);
});

test('one that is awaited does, until what it waits for', async (t) => {
  const { file, started } = program(
    t,
    `const events = honker.open(path).updateEvents();
     events.next().then(({ value }) => console.log('seen', value.commits));
     // All that could keep it alive is done when this is said.
     setImmediate(() => setImmediate(() => console.log('waiting')));`,
  );
  assert.equal(await started.line(), 'waiting');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(started.child.exitCode, null);
  await new Writer(t, file).commit();
  assert.equal(await started.line(), 'seen 1');
  assert.deepEqual(await started.ended, QUIET);
});

test('one who waits is woken although another one throws', async (t) => {
  const { file, started } = program(
    t,
    `const db = honker.open(path);
     const signal = { aborted: false, addEventListener() {}, removeEventListener() { throw new Error('not ours'); } };
     process.once('uncaughtException', (error) => console.log(error.message));
     const waits = [0, 1, 2, 3, 4].map((n) => db.updateEvents(n === 1 ? { signal } : {}).next());
     Promise.all(waits).then((all) => { console.log('seen', all.length); db.close(); });
     setImmediate(() => console.log('waiting'));`,
  );
  assert.equal(await started.line(), 'waiting');
  await new Writer(t, file).commit();
  assert.deepEqual([await started.line(), await started.line()].sort(), ['not ours', 'seen 5']);
  assert.deepEqual(await started.ended, QUIET);
});

test('unref() lets the process end while it is awaited, and ref() takes that back', async (t) => {
  const { started } = program(
    t,
    `const db = honker.open(path);
     const before = db.updateEvents().unref();
     before.next();
     const during = db.updateEvents();
     during.next();
     during.unref().ref().unref();`,
  );
  assert.deepEqual(await started.ended, QUIET);
  const second = program(
    t,
    `const events = honker.open(path).updateEvents().unref();
     events.next().then(({ value }) => console.log('seen', value.commits));
     events.ref();
     console.log('waiting');`,
  );
  assert.equal(await second.started.line(), 'waiting');
  await new Writer(t, second.file).commit();
  assert.equal(await second.started.line(), 'seen 1');
  assert.deepEqual(await second.started.ended, QUIET);
});

test('close() lets the process end', async (t) => {
  const { started } = program(
    t,
    `const db = honker.open(path);
     (async () => { for await (const _ of db.updateEvents()); console.log('over'); })();
     db.updateEvents().next().then(({ done }) => console.log(done));
     setTimeout(() => db.close(), 20);`,
  );
  assert.deepEqual((await started.rest()).sort(), ['over', 'true']);
  assert.deepEqual(await started.ended, QUIET);
});

test('process.exit() while subscriptions wait and wake ends at once, and quietly', async (t) => {
  for (let run = 0; run < count(5, 50); run++) {
    const { file, started } = program(
      t,
      `for (let n = 0; n < 20; n++) {
         const events = honker.open(path, undefined, n % 2 ? 'kernel' : 'polling').updateEvents();
         (async () => { for await (const _ of events); })();
       }
       const first = honker.open(path).updateEvents();
       first.next().then(() => process.exit(0));
       console.log('ready');`,
    );
    assert.equal(await started.line(), 'ready');
    await new Writer(t, file).commit();
    assert.deepEqual(await started.ended, QUIET);
  }
});

test('a hundred that wait hold no thread of the pool: fs, crypto and dns work runs at once', async (t) => {
  // With one thread in the pool, whoever held it would hold up everything.
  const { file, started } = program(
    t,
    `const { readdirSync, readFileSync } = require('node:fs');
     const asyncHooks = require('node:async_hooks');
     const functions = [];
     asyncHooks.createHook({ init(id, type) { if (type.includes('threadsafe')) functions.push(type); } }).enable();
     const names = () => readdirSync('/proc/self/task').map((task) => readFileSync('/proc/self/task/' + task + '/comm', 'utf8').trim());
     const before = names();
     const db = honker.open(path, undefined, 'kernel');
     const woken = Array.from({ length: 100 }, () => db.updateEvents().next());
     const after = names();
     const settled = [];
     for (const next of woken) next.then(() => settled.push(1));
     (async () => {
       const work = [
         require('node:fs/promises').readFile(path),
         new Promise((resolve, reject) => require('node:crypto').pbkdf2('a', 'b', 1000, 32, 'sha256', (error) => error ? reject(error) : resolve())),
         require('node:dns/promises').lookup('localhost'),
       ];
       await Promise.all(work);
       console.log(JSON.stringify({ added: after.filter((name) => !before.includes(name)), before, functions, settled: settled.length, subscribers: db.stats().subscribers }));
       await Promise.all(woken);
       console.log('all woken');
     })();`,
    [],
    { UV_THREADPOOL_SIZE: '1' },
  );
  const told = JSON.parse(await started.line());
  assert.equal(told.settled, 0);
  assert.equal(told.subscribers, 100);
  // The observer and the delivery thread, and no more; no thread-safe function but the one made at the start.
  assert.deepEqual(told.added.sort(), ['honker-delivery', 'honker-observer']);
  assert.deepEqual(told.functions, []);
  await new Writer(t, file).commit();
  assert.equal(await started.line(), 'all woken');
  assert.deepEqual(await started.ended, QUIET);
});

test('subscriptions that are dropped are closed by the garbage collector', async (t) => {
  const { started } = program(
    t,
    `const db = honker.open(path);
     for (let n = 0; n < 1000; n++) db.updateEvents();
     const end = Date.now() + 60000;
     (function look() {
       globalThis.gc();
       if (db.stats().subscribers === 0) console.log('none');
       else if (Date.now() < end) setTimeout(look, 10);
     })();`,
    ['--expose-gc'],
  );
  assert.deepEqual(await started.rest(), ['none']);
  assert.deepEqual(await started.ended, QUIET);
});

test('opening and closing leaves nothing: descriptors, threads, memory', async (t) => {
  const cycles = count(1_000, 10_000);
  const { started } = program(
    t,
    `const { readdirSync, readFileSync } = require('node:fs');
     const left = () => ({
       threads: readdirSync('/proc/self/task').length,
       descriptors: readdirSync('/proc/self/fd').length,
       kib: Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]),
     });
     const name = (thread) => { try { return readFileSync('/proc/self/task/' + thread + '/comm', 'utf8'); } catch { return ''; } };
     const ended = async () => {
       while (readdirSync('/proc/self/task').some((thread) => name(thread) === 'honker-observer\\n')) await new Promise((resolve) => setTimeout(resolve, 1));
     };
     // Now and then the last watcher closes too, and honker's thread ends. Not each time: the kernel frees an inotify
     // instance late, and has 128 for a user.
     const cycles = async (count) => {
       for (let n = 0; n < count; n += 50) {
         const other = honker.open(path, undefined, 'kernel');
         for (let m = n; m < n + 50; m++) await cycle(m);
         other.close();
         await ended();
       }
       return left();
     };
     const cycle = async (n) => {
       const db = honker.open(path, undefined, n % 2 ? 'kernel' : 'polling');
       const events = db.updateEvents(n % 3 ? {} : { signal: new AbortController().signal });
       const idle = db.updateEvents();
       const next = events.next();
       if (n % 5) db.close(); else { events.close(); db.close(); }
       if (!(await next).done) throw new Error('it went on');
       if (n % 7 === 0 && !(await idle.next()).done) throw new Error('it went on');
     };
     (async () => {
       const before = await cycles(${cycles});
       console.log(JSON.stringify([before, await cycles(${cycles})]));
     })();`,
    // Otherwise V8's young generation grows for some 20,000 cycles, by as many MiB, whatever is in it.
    ['--max-semi-space-size=1'],
  );
  const [before, after] = JSON.parse(await started.line());
  t.diagnostic(`${cycles} cycles: ${JSON.stringify(before)} before, ${JSON.stringify(after)} after`);
  assert.ok(after.threads <= before.threads);
  // The collector was not called: what is closed holds no descriptor until it comes.
  assert.ok(after.descriptors <= before.descriptors);
  assert.ok(after.kib - before.kib < 8 * 1024);
  assert.deepEqual(await started.ended, QUIET);
});
