'use strict';

// Every block of JavaScript in the README is run, in order, beside a writer that keeps committing.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { PACKAGE, Writer, database, node, project } = require('./support.js');

const README = readFileSync(path.join(PACKAGE, 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, kind, text]) => ({ kind, text }));
const blocks = BLOCKS.filter(({ kind }) => kind === 'js').map(({ text }) => text);
const isCommonJS = (block) => block.includes('require(');
/** Where a block says that nothing is committed, nothing is. */
const isQuiet = (block) => /idle|replaced/.test(block);

test('the README has the blocks that are run', () => {
  assert.ok(blocks.length >= 7);
  assert.equal(blocks.filter(isCommonJS).length, 1);
  // The one of the console is `make npm`, which made what these tests run on.
  assert.deepEqual(BLOCKS.map(({ kind }) => kind).filter((kind) => kind !== 'js'), ['console']);
});

test('the links of the README lead somewhere from npmjs.com, too', () => {
  for (const [, link] of README.matchAll(/\]\((\S+)\)/g)) {
    assert.match(link, /^https:\/\/github\.com\/honker\/honker/);
    const [, file = '.'] = /\/(?:blob|tree)\/main\/(.*)/.exec(link) ?? [];
    assert.ok(existsSync(path.join(PACKAGE, '../..', file)), link);
  }
});

/** Commits again and again, until the function that it returns is called. */
function writeUntil(t, file) {
  const writer = new Writer(t, file);
  let isOver = false;
  const written = (async () => {
    while (!isOver) {
      await writer.commit();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    writer.child.stdin.end();
    await once(writer.child, 'close');
  })();
  return () => {
    isOver = true;
    return written;
  };
}

test('every block of the README runs, and does what it says', async (t) => {
  const file = database(t);
  const inOrder = blocks.filter((block) => !isCommonJS(block));
  // Before each, the program waits for the writer to be started or stopped.
  const text = inOrder.map((block) => `await block();\n${block}`).join('\n');
  const directory = project(t, {
    'readme.mjs': `import { createInterface } from 'node:readline';
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const block = async () => { console.log('block'); await lines.next(); };
process.chdir(process.argv[2]);
${text}
process.stdin.destroy();`,
    'readme.cjs': `process.chdir(process.argv[2]);
${blocks.find(isCommonJS)}
console.log(db.backend, dbK.backend);`,
  });
  const program = node(t, [path.join(directory, 'readme.mjs'), path.dirname(file)]);
  const said = [];
  let stop = () => {};
  for (const block of inOrder) {
    for (let line; (line = await program.line()) !== 'block'; ) said.push(line);
    await stop();
    stop = isQuiet(block) ? () => {} : writeUntil(t, file);
    program.child.stdin.write('go\n');
  }
  said.push(...(await program.rest()));
  await stop();
  assert.deepEqual(await program.ended, { code: 0, signal: null, errors: '' });
  assert.match(said.shift(), /^[1-9]\d* commit\(s\): read again what you depend on$/);
  assert.deepEqual(said, ['idle', 'AbortError', 'idle', 'replaced']);
  const commonJS = node(t, [path.join(directory, 'readme.cjs'), path.dirname(file)]);
  assert.deepEqual(await commonJS.rest(), ['polling kernel']);
});

test("the block in the project's README runs", async (t) => {
  const text = readFileSync(path.join(PACKAGE, '../../README.md'), 'utf8');
  const [, block] = /^```js\n(.*?)^```$/ms.exec(text);
  const file = database(t);
  const directory = project(t, { 'readme.mjs': `process.chdir(process.argv[2]);\n${block}` });
  const program = node(t, [path.join(directory, 'readme.mjs'), path.dirname(file)]);
  const stop = writeUntil(t, file);
  assert.match(await program.line(), /^[1-9]\d* commit\(s\): read again what you depend on$/);
  program.child.kill();
  await stop();
});
