// Workers that claim rows of a jobs table, each job once, without polling it.
//
// usage: node job_workers.mjs DATABASE [NAME]; start as many as you like, in as many processes.
//        Add jobs from anywhere: INSERT INTO job(task) VALUES ('…')
//
// A worker sleeps until somebody commits. `idlePollS` lets it look once a minute all the same, for jobs that become due
// by the clock. When the database file is replaced (a restore), it opens it again. A job whose worker was killed stays
// claimed: give it back with UPDATE job SET worker = NULL once you know that.

import Sqlite from 'better-sqlite3';
import honker from 'honker';

const [path, name = `worker ${process.pid}`] = process.argv.slice(2);
const SCHEMA = `CREATE TABLE IF NOT EXISTS job(
  id INTEGER PRIMARY KEY,
  task TEXT NOT NULL,
  due TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  worker TEXT,
  done INTEGER NOT NULL DEFAULT 0
)`;
const WAITING = 'SELECT 1 FROM job WHERE worker IS NULL AND due <= CURRENT_TIMESTAMP LIMIT 1';
// One statement is one transaction: two workers never claim the same row.
const CLAIM = `UPDATE job SET worker = ? WHERE id = (
  SELECT id FROM job WHERE worker IS NULL AND due <= CURRENT_TIMESTAMP ORDER BY id LIMIT 1
) RETURNING id, task`;

/** Does all jobs that are there. Says whether one of them was to stop. */
function workOff(connection) {
  // Asked before CLAIM, which takes a lock, and would be a commit of its own.
  while (connection.prepare(WAITING).get()) {
    const job = connection.prepare(CLAIM).get(name);
    if (job === undefined) continue;
    console.log(`${name}: ${job.task}`);
    connection.prepare('UPDATE job SET done = 1 WHERE id = ?').run(job.id);
    if (job.task === 'stop') return true;
  }
  return false;
}

/** Works until it is stopped. Throws ERR_HONKER_DIED when the file is replaced. */
async function work() {
  const db = honker.open(path, undefined, 'auto');
  const connection = new Sqlite(path, { timeout: 60_000 });
  try {
    connection.exec(SCHEMA);
    const events = db.updateEvents({ idlePollS: 60 });
    while (!workOff(connection)) await events.next();
  } catch (error) {
    // SQLite notices a replaced file as well, and has many names for it. If it was one, this says so.
    if (error instanceof Sqlite.SqliteError) db.position();
    throw error;
  } finally {
    connection.close();
    db.close();
  }
}

for (let stopped = false; !stopped; ) {
  try {
    await work();
    stopped = true;
  } catch (error) {
    if (error.code !== 'ERR_HONKER_DIED') throw error;
    console.error(`${name}: ${error.reason}`);
  }
}
