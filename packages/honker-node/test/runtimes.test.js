'use strict';

// The same package in the other runtimes that load addons of Node.

const assert = require('node:assert/strict');
const { copyFileSync, renameSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { Program, Writer, database, noRuntimes, project, runtime, temporary } = require('./support.js');

const BODY = `
const [file] = process.argv.slice(2);
async function main() {
  for (const backend of ['polling', 'kernel', 'auto']) {
    const db = honker.open(file, undefined, backend);
    const events = db.updateEvents();
    const [first, second] = [events.next(), events.next()];
    console.log('waiting', backend);
    console.log(JSON.stringify((await first).value));
    console.log(JSON.stringify((await second).value));
    const controller = new AbortController();
    const aborted = db.updateEvents({ signal: controller.signal }).next();
    controller.abort();
    await aborted.catch((error) => console.log(error.name, error.code));
    try {
      honker.open(file, undefined, 'inotify');
    } catch (error) {
      console.log(error.code, error instanceof TypeError);
    }
    const last = events.next();
    db.close();
    console.log(JSON.stringify(await last));
  }
  const dies = honker.open(file).updateEvents();
  console.log('replace it');
  await dies.next().catch((error) => console.log(error.code, error.message));
  // Neither keeps it alive.
  globalThis.kept = [honker.open(file).updateEvents(), honker.open(file).updateEvents().unref().next()];
  console.log('over');
}
main();
`;
const DIED =
  'ERR_HONKER_DIED honker: update watcher died (database file likely replaced; recreate honker.open() to recover)';

for (const [name, options] of [
  ['node', []],
  ['bun', []],
  ['deno', ['run', '--allow-all', '--node-modules-dir=manual', '--no-lock']],
]) {
  for (const [kind, file, imports] of [
    ['CommonJS', 'program.cjs', "const honker = require('honker');"],
    ['an ES module', 'program.mjs', "import honker from 'honker'; import process from 'node:process';"],
  ]) {
    test(`the package works in ${name}, in ${kind}`, { skip: noRuntimes }, async (t) => {
      const watched = database(t);
      const writer = new Writer(t, watched);
      const directory = project(t, { [file]: imports + BODY });
      const program = new Program(t, runtime(name), [...options, path.join(directory, file), watched], {
        cwd: directory,
        env: { ...process.env, DENO_DIR: temporary(t), DENO_NO_UPDATE_CHECK: '1' },
      });
      for (const backend of ['polling', 'kernel', 'auto']) {
        assert.equal(await program.line(), `waiting ${backend}`);
        for (const seq of [1, 2]) {
          await writer.commit();
          const update = { seq, commits: 1, exact: true, kind: 'commit' };
          assert.deepEqual(JSON.parse(await program.line()), update);
        }
        assert.equal(await program.line(), 'AbortError ABORT_ERR');
        assert.equal(await program.line(), 'ERR_INVALID_ARG_VALUE true');
        assert.deepEqual(JSON.parse(await program.line()), { done: true });
      }
      assert.equal(await program.line(), 'replace it');
      copyFileSync(watched, `${watched}-restored`);
      renameSync(`${watched}-restored`, watched);
      assert.deepEqual(await program.rest(), [DIED, 'over']);
      assert.deepEqual(await program.ended, { code: 0, signal: null, errors: '' });
    });
  }
}
