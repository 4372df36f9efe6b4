'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const test = require('node:test');
const honker = require('honker');
const { Writer, database, replace, until } = require('./support.js');

const listeners = (signal) => getEventListeners(signal, 'abort').length;

for (const backend of ['polling', 'kernel', 'shm', 'auto']) {
  test(`every commit of another process wakes, with ${backend}`, async (t) => {
    const file = database(t, 'WAL');
    const writer = new Writer(t, file);
    await writer.commit();
    const db = honker.open(file, { watcherBackend: backend });
    const events = db.updateEvents();
    for (let seq = 1; seq <= 20; seq++) {
      await writer.commit();
      const { value, done } = await events.next();
      assert.equal(done, false);
      assert.deepEqual(value, { seq, commits: 1, exact: true, kind: 'commit' });
      assert.ok(Object.isFrozen(value));
    }
    // What was committed while nobody waited is one update.
    await writer.commit();
    await until(() => db.stats().commits === 21);
    await writer.commit();
    await until(() => db.stats().commits === 22);
    assert.equal((await events.next()).value.commits, 2);
    db.close();
  });
}

test('those who wait are served in their order', async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  const db = honker.open(file);
  const events = db.updateEvents();
  const served = [];
  const waiting = [0, 1, 2].map((n) =>
    events.next().then(({ value }) => served.push([n, value.seq])),
  );
  for (const n of [0, 1, 2]) {
    await writer.commit();
    await until(() => served.length === n + 1);
  }
  await Promise.all(waiting);
  assert.deepEqual(served, [[0, 1], [1, 2], [2, 3]]);
  db.close();
});

test('for await ends when the database is closed', async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  const db = honker.open(file);
  const events = db.updateEvents();
  await writer.commit();
  let seen = 0;
  for await (const update of events) {
    seen += update.commits;
    // The loop waits again when this happens.
    setImmediate(() => db.close());
  }
  assert.equal(seen, 1);
  assert.deepEqual(await events.next(), { value: undefined, done: true });
});

test('leaving a for await loop closes its subscription', async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  const db = honker.open(file);
  const events = db.updateEvents();
  await writer.commit();
  for await (const update of events) {
    assert.equal(update.commits, 1);
    break;
  }
  assert.equal(db.stats().subscribers, 0);
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  assert.deepEqual(await events.return(), { value: undefined, done: true });
  db.close();
});

for (const [who, close] of [
  ['the subscription', (db, events) => events.close()],
  ['the database', (db) => db.close()],
  ['return()', (db, events) => events.return()],
  ['await using', (db, events) => events[Symbol.asyncDispose]()],
  ['using', (db) => db[Symbol.dispose]()],
]) {
  test(`closing by ${who} ends all who wait, and the second time does nothing`, async (t) => {
    const db = honker.open(database(t));
    const events = db.updateEvents();
    const waiting = [events.next(), events.next(), events.next()];
    close(db, events);
    for (const next of waiting) assert.deepEqual(await next, { value: undefined, done: true });
    close(db, events);
    assert.deepEqual(await events.next(), { value: undefined, done: true });
    db.close();
    assert.equal(db.closed, true);
    assert.throws(() => db.updateEvents(), { code: 'ERR_HONKER_CLOSED' });
    assert.throws(() => db.position(), { code: 'ERR_HONKER_CLOSED' });
  });
}

test('one closed subscription leaves the others', async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  const db = honker.open(file);
  const [left, closed] = [db.updateEvents(), db.updateEvents()];
  const next = left.next();
  const ended = closed.next();
  closed.close();
  assert.equal((await ended).done, true);
  await writer.commit();
  assert.equal((await next).value.commits, 1);
  assert.equal(db.stats().subscribers, 1);
  db.close();
});

test('a signal ends who waits, and leaves no listener behind', async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  const db = honker.open(file);
  const controller = new AbortController();
  const { signal } = controller;
  const events = db.updateEvents({ signal });
  assert.equal(listeners(signal), 0);
  await writer.commit();
  await events.next();
  assert.equal(listeners(signal), 0);
  const waiting = [events.next(), events.next()];
  assert.equal(listeners(signal), 1);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting[0], (error) => {
    assert.equal(error.name, 'AbortError');
    assert.equal(error.code, 'ABORT_ERR');
    assert.equal(error.cause.message, 'enough');
    return true;
  });
  assert.deepEqual(await waiting[1], { value: undefined, done: true });
  assert.equal(listeners(signal), 0);
  assert.equal(db.stats().subscribers, 0);
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  db.close();
});

test('a signal that is aborted while nobody waits is seen by who waits next', async (t) => {
  const db = honker.open(database(t));
  const controller = new AbortController();
  const events = db.updateEvents({ signal: controller.signal });
  controller.abort();
  await assert.rejects(events.next(), { name: 'AbortError' });
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  assert.equal(listeners(controller.signal), 0);
  db.close();
});

test('a signal that is aborted already refuses the subscription', (t) => {
  const db = honker.open(database(t));
  const signal = AbortSignal.abort();
  assert.throws(() => db.updateEvents({ signal }), { name: 'AbortError', code: 'ABORT_ERR' });
  assert.equal(listeners(signal), 0);
  assert.equal(db.stats().subscribers, 0);
  db.close();
});

for (const [what, end] of [
  ['the database is closed', (db) => db.close()],
  ['the subscription is closed', (db, events) => events.close()],
  ['the watcher dies', (db) => replace(db.path)],
]) {
  test(`no listener is left on a signal when ${what}`, async (t) => {
    const db = honker.open(database(t));
    const { signal } = new AbortController();
    const events = db.updateEvents({ signal });
    const waiting = events.next().catch((error) => error.code);
    assert.equal(listeners(signal), 1);
    await end(db, events);
    await waiting;
    assert.equal(listeners(signal), 0);
    db.close();
  });
}

test('a position closes the gap between two subscriptions', async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  let db = honker.open(file);
  const before = db.position();
  assert.match(before, /^[\w.-]+$/);
  db.close();
  await writer.commit();
  db = honker.open(file);
  const { value } = await db.updateEvents({ since: before }).next();
  assert.equal(value.kind, 'commit');
  assert.equal(value.exact, false);
  const caughtUp = db.updateEvents({ since: db.position(), idlePollS: 0.05 });
  assert.equal((await caughtUp.next()).value.kind, 'idle');
  db.close();
});

test('the least time between two wakes is kept', async (t) => {
  const file = database(t);
  const writer = new Writer(t, file);
  const db = honker.open(file);
  const events = db.updateEvents({ minInterval: 200 });
  await writer.commit();
  // The first wake is later than this, so the second is 200 ms later at least.
  const before = performance.now();
  await events.next();
  await writer.commit();
  await writer.commit();
  assert.equal((await events.next()).value.commits, 2);
  // The clocks of Node and honker differ in how they round.
  assert.ok(performance.now() - before >= 190);
  db.close();
});

test('a replaced file can be followed', async (t) => {
  const file = database(t);
  const db = honker.open(file, { onReplace: 'follow' });
  const events = db.updateEvents();
  const next = events.next();
  await replace(file);
  assert.equal((await next).value.kind, 'replaced');
  await new Writer(t, file).commit();
  assert.equal((await events.next()).value.kind, 'commit');
  assert.equal(db.stats().replacements, 1);
  db.close();
});

test('every part of the statistics has its type', (t) => {
  const db = honker.open(database(t), { pollInterval: 2 });
  db.updateEvents();
  const stats = db.stats();
  assert.equal(stats.requested, 'polling');
  assert.equal(stats.effective, db.backend);
  assert.equal(stats.fallback, null);
  assert.equal(stats.caution, null);
  assert.equal(stats.lastError, null);
  assert.equal(stats.privateDescriptorTable, true);
  assert.deepEqual(stats.conservative, {});
  for (const name of ['looks', 'wakes', 'commits', 'subscribers', 'hints', 'sweeps']) {
    assert.ok(Number.isSafeInteger(stats[name]), name);
  }
  assert.equal(stats.subscribers, 1);
  db.close();
  assert.equal(db.stats().subscribers, 0);
});

test('the end of one iteration is nobody else’s', async (t) => {
  const db = honker.open(database(t));
  const [one, other] = [db.updateEvents(), db.updateEvents()];
  db.close();
  Object.assign(await one.next(), { done: false, value: 7 });
  assert.deepEqual(await other.next(), { value: undefined, done: true });
});
