// How long it takes from another process's commit to the body of a `for await`, beside the same loop with 1 ms polling,
// and beside a program that asks `PRAGMA data_version` each millisecond.
//
// usage: node bench/latency.mjs [COMMITS]
//
// All run in one run, in turns, because machines are noisy. WAL, synchronous=NORMAL; one commit each 3 to 5 ms.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import honker from 'honker';

const WRITER = `
const connection = new (require('better-sqlite3'))(process.argv[1], { timeout: 60_000 });
connection.pragma('synchronous = NORMAL');
const insert = connection.prepare('INSERT INTO t VALUES (1)');
const cell = new Int32Array(new SharedArrayBuffer(4));
const times = [];
process.stdin.once('data', () => {
  for (let n = 0; n < Number(process.argv[2]); n++) {
    Atomics.wait(cell, 0, 0, 3 + 2 * Math.random());
    insert.run();
    times.push(String(process.hrtime.bigint()));
  }
  console.log(JSON.stringify(times));
  process.stdin.destroy();
});`;

/** How late each commit was seen, in microseconds. */
async function measure(path, commits, follow) {
  const writer = spawn(process.execPath, ['-e', WRITER, path, String(commits)], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const seen = [];
  const following = follow(path, (count) => {
    // Several commits of one wake are all as late as it is.
    const now = process.hrtime.bigint();
    for (let n = 0; n < count; n++) seen.push(now);
    return seen.length >= commits;
  });
  writer.stdin.write('go\n');
  const [made] = await Promise.all([text(writer.stdout), following, once(writer, 'close')]);
  return JSON.parse(made).map((at, n) => Number(seen[n] - BigInt(at)) / 1000);
}

/** With honker. */
const watching = (backend) => async (path, seen) => {
  const db = honker.open(path, undefined, backend);
  for await (const { commits } of db.updateEvents()) if (seen(commits)) break;
  db.close();
};

/** Without it. This has to count rows, for it is not told how many commits there were. */
async function asking(path, seen) {
  const connection = new Sqlite(path, { readonly: true });
  const version = connection.prepare('PRAGMA data_version').pluck();
  const rows = connection.prepare('SELECT count(*) FROM t').pluck();
  let [last, had] = [version.get(), rows.get()];
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (version.get() === last) continue;
    last = version.get();
    const have = rows.get();
    const isOver = seen(have - had);
    had = have;
    if (isOver) break;
  }
  connection.close();
}

const WAYS = { kernel: watching('kernel'), polling: watching('polling'), 'data_version by hand': asking };
const commits = Number(process.argv[2] ?? 1000);
const late = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
const directory = mkdtempSync(join(tmpdir(), 'honker-latency-'));
try {
  const path = join(directory, 'app.db');
  const connection = new Sqlite(path);
  connection.pragma('journal_mode = WAL');
  connection.exec('CREATE TABLE t(n)');
  for (let round = 0; round < 5; round++) {
    for (const [way, follow] of Object.entries(WAYS)) {
      late[way].push(...(await measure(path, Math.ceil(commits / 5), follow)));
    }
  }
  connection.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

const quantile = (values, of) => values[Math.min(values.length - 1, Math.floor(values.length * of))];
console.log("from the commit's return to the body of the `for await`, in microseconds");
for (const [way, values] of Object.entries(late)) {
  values.sort((one, other) => one - other);
  const told = [0.5, 0.9, 0.99].map((of) => `p${of * 100} ${quantile(values, of).toFixed(0).padStart(6)}`);
  console.log(`${way.padEnd(21)} ${told.join('   ')}   of ${values.length} commits`);
}
const [kernel, polling] = ['kernel', 'polling'].map((way) => quantile(late[way], 0.5));
console.log(`polling's median is ${(polling / kernel).toFixed(1)} times that of kernel`);
