// A program that reads and writes its own database with better-sqlite3, and is told of everybody's commits.
//
// usage: node same_process.mjs DATABASE
//
// honker has no connection and takes no lock, so it may live beside the one that you have. Subscribe first, then read:
// what is committed in between wakes once more than needed, and nothing is lost. When the file is replaced (a restore),
// the watcher follows; the connection is to the old file, so it is opened again.

import Sqlite from 'better-sqlite3';
import honker from 'honker';

const path = process.argv[2];
let connection;
let newMessages;
let seen;

function connect() {
  connection?.close();
  connection = new Sqlite(path);
  connection.exec('CREATE TABLE IF NOT EXISTS message(id INTEGER PRIMARY KEY, text)');
  newMessages = connection.prepare('SELECT id, text FROM message WHERE id > ? ORDER BY id');
  seen = 0;
}

const db = honker.open(path, { onReplace: 'follow' }, 'auto');
const events = db.updateEvents();
connect();
connection.exec("INSERT INTO message(text) VALUES ('joined')");
let stopped = false;
for (;;) {
  for (const { id, text } of newMessages.all(seen)) {
    console.log(`${id}: ${text}`);
    seen = id;
    stopped ||= text === 'stop';
  }
  if (stopped) break;
  const { value: update } = await events.next();
  if (update.kind === 'replaced') connect();
}
db.close();
connection.close();
