// A cache of settings that is read again when, and only when, somebody has committed. With node:sqlite (Node 22.13 or
// newer).
//
// usage: node settings.mjs DATABASE
//
// A wake marks the cache stale, and whoever asks next reads it again: a burst of commits costs one query, and no commit
// costs none. The watcher dies with the file that it watches; then both are opened again.

import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import honker from 'honker';

/** The settings as they are committed. Every process that changes them may do so in its own way. */
class Settings {
  queries = 0;
  #path;
  #cache = new Map();
  #isStale;

  constructor(path) {
    this.#path = path;
    this.#open();
  }

  #open() {
    // Before the connection and the first read: so no replacement and no commit falls between.
    this.db = honker.open(this.#path, undefined, 'auto');
    const events = this.db.updateEvents().unref();
    this.connection = new DatabaseSync(this.#path, { timeout: 60_000 });
    this.connection.exec('CREATE TABLE IF NOT EXISTS setting(name TEXT PRIMARY KEY, value TEXT)');
    this.#isStale = true;
    this.#watch(events);
  }

  async #watch(events) {
    try {
      for await (const _ of events) this.#isStale = true;
    } catch (error) {
      if (error.code !== 'ERR_HONKER_DIED') throw error;
      console.error(error.reason);
      this.close();
      this.#open();
    }
  }

  /** The value, or undefined. */
  get(name) {
    if (this.#isStale) {
      this.#isStale = false;
      const rows = this.connection.prepare('SELECT name, value FROM setting').all();
      this.#cache = new Map(rows.map((row) => [row.name, row.value]));
      this.queries++;
    }
    return this.#cache.get(name);
  }

  close() {
    this.db.close();
    this.connection.close();
  }
}

const settings = new Settings(process.argv[2]);
console.log('type the name of a setting:');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(String(settings.get(line.trim())));
}
console.log(`${settings.queries} queries`);
settings.close();
