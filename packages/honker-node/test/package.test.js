'use strict';

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const { readFileSync, readdirSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const honker = require('honker');
const { BUILT, PACKAGE, database, temporary } = require('./support.js');

const read = (name) => readFileSync(path.join(PACKAGE, name), 'utf8');
const addons = readdirSync(PACKAGE).filter((name) => name.endsWith('.node'));

test('the declarations hold under tsc --strict, for CommonJS and for ES modules', () => {
  const tsc = path.join(PACKAGE, 'node_modules', '.bin', 'tsc');
  const checked = spawnSync(tsc, ['--project', path.join(__dirname, 'types')], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
});

test('what is declared is what there is', async (t) => {
  const declared = read('index.d.ts');
  const db = honker.open(database(t));
  for (const [name, object] of [
    ['Database', db],
    ['UpdateEvents', db.updateEvents()],
  ]) {
    const [, body] = new RegExp(`export class ${name} .*?\\{\\n(.*?)\\n\\}`, 's').exec(declared);
    const names = [...body.matchAll(/^  (?:readonly |private )?(\w+)[(:]/gm)].map((match) => match[1]);
    const members = Object.getOwnPropertyNames(Object.getPrototypeOf(object));
    assert.deepEqual(members.sort(), [...new Set(names)].sort(), name);
  }
  const [, stats] = /export interface Stats \{\n(.*?)\n\}/s.exec(declared);
  const names = [...stats.matchAll(/^  (\w+):/gm)].map((match) => match[1]);
  assert.deepEqual(Object.keys(db.stats()), names);
  db.close();
  const values = ['Database', 'UpdateEvents', 'open', 'version'];
  assert.deepEqual(Object.keys(honker).sort(), values);
  const module = await import('honker');
  assert.deepEqual(Object.keys(module).sort(), [...values, 'default'].sort());
  assert.equal(module.default, honker);
  assert.equal(module.open, honker.open);
});

test('the generated files are those that the sources generate, with all backends and with none', () => {
  for (const build of ['addon', 'bare']) {
    for (const name of ['native.js', 'native.d.ts']) {
      const generated = readFileSync(path.join(BUILT, build, name), 'utf8');
      assert.equal(read(name), generated, `${name} is old: copy target/npm/addon/${name}`);
    }
  }
});

test('the version is the same everywhere', () => {
  const { version } = JSON.parse(read('package.json'));
  assert.equal(honker.version, version);
  assert.equal(JSON.parse(read('package-lock.json')).version, version);
});

test('there is no SQLite in the addon', () => {
  assert.ok(addons.length > 0);
  for (const addon of addons) {
    const bytes = readFileSync(path.join(PACKAGE, addon));
    // What each SQLite has in it, whatever its symbols are called: its source identifier's words, and its messages.
    for (const mark of ['sqlite3_', 'SQLITE_', 'database disk image is malformed', 'sqlite_master']) {
      assert.equal(bytes.includes(mark), false, `${addon} has ${JSON.stringify(mark)}`);
    }
    if (process.platform === 'linux') {
      const needed = execFileSync('readelf', ['--dynamic', path.join(PACKAGE, addon)], {
        encoding: 'utf8',
      });
      assert.doesNotMatch(needed, /NEEDED.*sqlite/i);
      assert.match(needed, /NODELETE/);
    }
  }
});

test('an SQLite would be found', () => {
  const other = path.join(PACKAGE, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node');
  assert.ok(readFileSync(other).includes('database disk image is malformed'));
});

test('everything that is needed is packed, and nothing else', (t) => {
  const npm = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: PACKAGE,
    encoding: 'utf8',
    env: { ...process.env, npm_config_cache: process.env.npm_config_cache ?? temporary(t) },
  });
  assert.equal(npm.status, 0, npm.stderr);
  const [{ files }] = [JSON.parse(npm.stdout)].flat().flatMap((told) => (told.files ? [told] : Object.values(told)));
  const names = files.map(({ path: name }) => name);
  for (const needed of ['index.js', 'index.mjs', 'index.d.ts', 'index.d.mts', 'native.js', 'lib/bell.js']) {
    assert.ok(names.includes(needed), needed);
  }
  assert.deepEqual(names.filter((name) => /^(test|src|bench|scripts|node_modules)\//.test(name)), []);
});
