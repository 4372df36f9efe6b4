'use strict';

// A host that writes with a SQLite of its own, while honker opens and closes all the while.
// Arguments: the database, the backend, seconds, which SQLite.

const { once } = require('node:events');
const { createInterface } = require('node:readline');
const honker = require('honker');

const [, , file, backend, seconds, which] = process.argv;

/** The same few calls of both. */
function connect() {
  if (which === 'better-sqlite3') return new (require('better-sqlite3'))(file, { timeout: 60_000 });
  const { DatabaseSync } = require('node:sqlite');
  const connection = new DatabaseSync(file);
  connection.exec('PRAGMA busy_timeout=60000');
  return connection;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function main() {
  const input = createInterface({ input: process.stdin });
  // The test was ended.
  process.stdin.once('end', () => process.exit(1));
  const connection = connect();
  const increment = connection.prepare('UPDATE counter SET n = n + 1');
  const watched = honker.open(file, undefined, backend);
  const events = watched.updateEvents();
  const read = connection.prepare('SELECT n FROM counter');
  const seen = { commits: 0, exact: true, last: 0 };
  const watching = (async () => {
    for await (const update of events) {
      seen.commits += update.commits;
      seen.exact &&= update.exact;
      seen.last = read.get().n;
    }
  })();
  console.log('ready');
  await once(input, 'line');
  let made = 0;
  let opened = 0;
  const end = performance.now() + Number(seconds) * 1000;
  while (performance.now() < end) {
    increment.run();
    made++;
    const db = honker.open(file, undefined, opened % 2 ? 'polling' : backend);
    db.updateEvents().next();
    // Closed while a transaction is open, too: that is where a lock could be lost.
    if (opened % 2) {
      connection.exec('BEGIN IMMEDIATE');
      db.close();
      connection.exec('UPDATE counter SET n = n + 1; COMMIT');
      made++;
    } else {
      db.close();
    }
    opened++;
    await turn();
  }
  console.log(JSON.stringify({ made, opened }));
  const [theirs] = await once(input, 'line');
  const total = made + Number(theirs);
  const deadline = performance.now() + 60_000;
  while ((seen.last < total || (seen.exact && seen.commits < total)) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // One more than there are would still come.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stats = watched.stats();
  watched.close();
  await watching;
  connection.close();
  input.close();
  console.log(JSON.stringify({ ...seen, conservative: stats.conservative }));
}

main();
