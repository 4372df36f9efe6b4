'use strict';

// As much of the `sqlite3` command as the tests need, where no package brings one (Windows): `sqlite3.js FILE [SQL]`,
// without SQL statements from standard input, a line each. Needs Node 22.13 or newer.

const { createInterface } = require('node:readline');
const { DatabaseSync } = require('node:sqlite');

// Its options set a time-out and the end at the first error, which it has always.
const [file, sql] = process.argv.slice(2).filter((word, at, words) => !/^-/.test(word) && words[at - 1] !== '-cmd');
const connection = new DatabaseSync(file);
connection.exec('PRAGMA busy_timeout = 60000');

function run(statements) {
  // More than one have no rows that anybody asks for.
  if (/;./.test(statements)) return connection.exec(statements);
  for (const row of connection.prepare(statements).all()) console.log(Object.values(row).join('|'));
}

if (sql !== undefined) {
  run(sql);
} else {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const said = /^\.print (.*)$/.exec(line);
    if (said) console.log(said[1]);
    else run(line);
  });
}
