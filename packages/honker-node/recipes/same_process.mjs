// A program that reads and writes its own database with better-sqlite3, and is told of everybody's commits.
//
// usage: node same_process.mjs DATABASE
//
// honker has no connection and takes no lock, so it may live beside the one that you have. Subscribe first, then read:
// what is committed in between wakes once more than needed, and nothing is lost.

import Sqlite from 'better-sqlite3';
import honker from 'honker';

const path = process.argv[2];
const connection = new Sqlite(path);
connection.exec('CREATE TABLE IF NOT EXISTS message(id INTEGER PRIMARY KEY, text)');
connection.exec("INSERT INTO message(text) VALUES ('joined')");
const newMessages = connection.prepare('SELECT id, text FROM message WHERE id > ? ORDER BY id');

const db = honker.open(path, undefined, 'auto');
const events = db.updateEvents();
let seen = 0;
let stopped = false;
while (!stopped) {
  for (const { id, text } of newMessages.all(seen)) {
    console.log(`${id}: ${text}`);
    seen = id;
    stopped ||= text === 'stop';
  }
  if (!stopped) await events.next();
}
db.close();
connection.close();
