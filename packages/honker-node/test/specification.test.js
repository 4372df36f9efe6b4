'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { Writer, database, node, project, replace } = require('./support.js');

/** As the specification has them, to the letter. */
const OPEN = `const db = honker.open('app.db');
const dbK = honker.open('app.db', undefined, 'kernel');
const dbS = honker.open('app.db', undefined, 'shm');
`;
const CONSUME = `async function consume() {
let db = honker.open('app.db');
while (true) {
try {
const events = db.updateEvents();
while (true) {
await events.next();
// ... do work ...
}
} catch (e) {
if (!String(e.message).includes('watcher died')) throw e;
db.close();
db = honker.open('app.db');
}
}
}
`;
const KINDS = [
  ['CommonJS', 'program.cjs', (name) => `const ${name} = require('honker');\n`],
  ['an ES module', 'program.mjs', (name) => `import ${name} from 'honker';\n`],
  ['an ES module with a namespace', 'program.mjs', (name) => `import * as ${name} from 'honker';\n`],
];
/** The same, and says each time when something is opened. */
const TELLING = `const honker = { ...imported, open: (path) => {
  const db = imported.open(path);
  console.log('open');
  return db;
} };
`;

for (const [kind, name, imports] of KINDS) {
  test(`the specification's way to open works in ${kind}`, async (t) => {
    const file = database(t, 'WAL');
    // shm needs a connection that is open.
    await new Writer(t, file).commit();
    const directory = project(t, {
      [name]: `${imports('honker')}process.chdir(process.argv[2]);
${OPEN}console.log(db.backend, dbK.backend, dbS.backend);`,
    });
    const program = node(t, [`${directory}/${name}`, path.dirname(file)]);
    assert.deepEqual(await program.rest(), ['polling kernel shm']);
    assert.deepEqual(await program.ended, { code: 0, signal: null, errors: '' });
  });

  test(`the specification's consumer survives a replacement in ${kind}`, async (t) => {
    const file = database(t);
    // The work is what the specification leaves open: here it tells the test.
    const working = CONSUME.replace('// ... do work ...', "// ... do work ...\nconsole.log('work');");
    assert.notEqual(working, CONSUME);
    const directory = project(t, {
      [name]: `${imports('imported')}${TELLING}process.chdir(process.argv[2]);
${working}consume();`,
    });
    const program = node(t, [`${directory}/${name}`, path.dirname(file)]);
    for (let restores = 0; restores < 3; restores++) {
      while ((await program.line()) !== 'open');
      // A commit before the subscription is nobody's: so write until one is seen.
      const writer = new Writer(t, file);
      let worked = false;
      const line = program.line().then((text) => {
        assert.equal(text, 'work');
        worked = true;
      });
      while (!worked) {
        await writer.commit();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await line;
      await replace(file, writer);
      await writer.end();
    }
    while ((await program.line()) !== 'open');
    assert.equal(program.child.exitCode, null);
    program.child.kill();
    assert.equal((await program.ended).errors, '');
  });
}

test('the death of a watcher rejects with exactly the specified message', async (t) => {
  const honker = require('honker');
  const file = database(t);
  const db = honker.open(file);
  const events = db.updateEvents();
  const waiting = [events.next(), events.next()];
  await replace(file);
  for (const next of [...waiting, events.next()]) {
    await assert.rejects(next, (error) => {
      assert.equal(
        error.message,
        'honker: update watcher died (database file likely replaced; recreate honker.open() to recover)',
      );
      assert.equal(error.code, 'ERR_HONKER_DIED');
      assert.match(error.reason, /^honker: database file replaced: expected \(dev=\d+, ino=\d+\)/);
      return true;
    });
  }
  // Whoever comes later is told the same, so that the specification's consumer recovers there too.
  assert.throws(() => db.updateEvents(), { code: 'ERR_HONKER_DIED', message: /watcher died/ });
  assert.throws(() => db.position(), { code: 'ERR_HONKER_DIED' });
  db.close();
  assert.throws(() => db.updateEvents(), { code: /^ERR_HONKER_(DIED|CLOSED)$/ });
});
