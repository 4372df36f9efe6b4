// A writer for honker's tests: one JSON command per line in, one JSON answer per line out (see protocol.rs).
// With Node's own SQLite.
'use strict';

const { DatabaseSync } = require('node:sqlite');
const fs = require('node:fs');
const { createInterface } = require('node:readline');

const connections = new Map();
const clock = new Int32Array(new SharedArrayBuffer(4));
const now = () => process.hrtime.bigint();
const pause = (ns) => Atomics.wait(clock, 0, 0, Number(ns) / 1e6);
const code = (error) => error.errcode ?? 0;

function open(command) {
  const connection = new DatabaseSync(command.path);
  connection.exec(`PRAGMA busy_timeout=${command.busy_timeout_ms ?? 0}`);
  return connection;
}

function numberedLoop(command) {
  const connection = connections.get(command.conn);
  const every = BigInt(command.every_us) * 1000n;
  const limit = BigInt(command.for_ms) * 1_000_000n;
  const count = connection.prepare('UPDATE counter SET n = n + 1 RETURNING n');
  const log = fs.openSync(command.log, 'a');
  const line = new BigUint64Array(2);
  const tell = (k, returned) => {
    line[0] = (BigInt(k) << 1n) | returned;
    line[1] = now();
    fs.writeSync(log, new Uint8Array(line.buffer));
  };
  let commits = 0;
  let busy = 0;
  const began = now();
  for (let i = 0; i < command.n; i++) {
    if (limit && now() - began >= limit) break;
    const wait = began + BigInt(i) * every - now();
    if (wait > 0n) pause(wait);
    try {
      connection.exec('BEGIN IMMEDIATE');
      const [{ n }] = count.all();
      connection.exec(command.sql);
      tell(n, 0n);
      connection.exec('COMMIT');
      tell(n, 1n);
      commits++;
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK');
      if ((code(error) & 0xff) !== 5) {
        fs.closeSync(log);
        throw error;
      }
      busy++;
    }
  }
  fs.closeSync(log);
  return { reply: 'loop', commits, busy, elapsed_ns: Number(now() - began), times: [] };
}

function carryOut(command) {
  const connection = connections.get(command.conn);
  const before = now();
  switch (command.command) {
    case 'clock':
      return { reply: 'clock', ns: Number(before) };
    case 'query': {
      const rows = connection.prepare(command.sql).all();
      return { reply: 'rows', rows: rows.map((row) => Object.values(row)) };
    }
    case 'numbered_loop':
      return numberedLoop(command);
    case 'open':
      connections.set(command.conn, open(command));
      break;
    case 'exec':
      connection.exec(command.sql);
      break;
    case 'close':
      connections.delete(command.conn);
      connection.close();
      break;
    default:
      throw new Error(`unknown command ${command.command}`);
  }
  return { reply: 'done', before_ns: Number(before), after_ns: Number(now()) };
}

function answer(command) {
  const before = now();
  try {
    return carryOut(command);
  } catch (error) {
    return {
      reply: 'error',
      error: String(error.message),
      code: code(error) & 0xff,
      extended: code(error),
      before_ns: Number(before),
      after_ns: Number(now()),
    };
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => fs.writeSync(1, `${JSON.stringify(answer(JSON.parse(line)))}\n`));
// As a program that ends does: what is still open is closed.
lines.on('close', () => connections.forEach((connection) => connection.close()));
