'use strict';

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const { copyFileSync, readFileSync, readdirSync, symlinkSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const honker = require('honker');
const { BUILT, PACKAGE, database, node, temporary } = require('./support.js');

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

/** npm, in a directory. */
function npm(t, cwd, ...args) {
  const done = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, npm_config_cache: temporary(t), npm_config_update_notifier: 'false' },
  });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

test('what is packed can be installed, and works there', async (t) => {
  const { version } = JSON.parse(read('package.json'));
  const directory = temporary(t);
  npm(t, directory, 'install', '--offline', '--no-audit', '--no-fund', path.join(BUILT, `honker-${version}.tgz`));
  const beside = path.join(directory, 'node_modules', 'better-sqlite3');
  symlinkSync(path.join(PACKAGE, 'node_modules', 'better-sqlite3'), beside);
  copyFileSync(path.join(__dirname, 'smoke.cjs'), path.join(directory, 'smoke.cjs'));
  const program = node(t, ['smoke.cjs'], { cwd: directory });
  assert.match((await program.rest()).join(), /^honker \S+ works/);
  assert.deepEqual(await program.ended, { code: 0, signal: null, errors: '' });
  const installed = path.join(directory, 'node_modules', 'honker');
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
    const ours = readFileSync(path.join(PACKAGE, '../..', licence), 'utf8');
    assert.equal(readFileSync(path.join(installed, licence), 'utf8'), ours);
  }
});

test('everything that is needed is packed, and nothing else', (t) => {
  const told = JSON.parse(npm(t, PACKAGE, 'pack', '--dry-run', '--json', '--ignore-scripts'));
  const [{ files }] = [told].flat().flatMap((told) => (told.files ? [told] : Object.values(told)));
  const names = files.map(({ path: name }) => name);
  for (const needed of [
    'README.md',
    'index.js',
    'index.mjs',
    'index.d.ts',
    'index.d.mts',
    'native.js',
    'lib/bell.js',
    'lib/native.js',
    addons[0],
  ]) {
    assert.ok(names.includes(needed), needed);
  }
  assert.deepEqual(names.filter((name) => /^(test|src|bench|scripts|node_modules)\//.test(name)), []);
});
