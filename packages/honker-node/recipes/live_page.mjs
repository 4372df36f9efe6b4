// A page that follows a table: an HTTP server with server-sent events.
//
// usage: node live_page.mjs DATABASE [PORT]
//
// One subscription and one query a wake, however many browsers there are. `minInterval` keeps a busy writer from
// repainting the page more than ten times a second; the last state always arrives. When the file is replaced (a restore),
// the page goes on with the new one.

import { createServer } from 'node:http';
import Sqlite from 'better-sqlite3';
import honker from 'honker';

const [path, port = '8000'] = process.argv.slice(2);
const PAGE = `<!doctype html>
<title>Orders</title>
<h1>Orders</h1>
<ul id="orders"></ul>
<script>
  const list = document.getElementById("orders");
  new EventSource("/orders").onmessage = (event) => {
    list.replaceChildren(...JSON.parse(event.data).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  };
</script>
`;

const db = honker.open(path, { onReplace: 'follow' }, 'auto');
// Subscribed before the first read, so that no commit falls between the two.
const events = db.updateEvents({ minInterval: 100 });
const browsers = new Set();
let connection;
let orders;

function connect() {
  connection?.close();
  connection = new Sqlite(path, { timeout: 60_000 });
  connection.exec('CREATE TABLE IF NOT EXISTS orders(id INTEGER PRIMARY KEY, text)');
  orders = connection.prepare('SELECT text FROM orders ORDER BY id').pluck();
}

const message = () => `data: ${JSON.stringify(orders.all())}\n\n`;

connect();
const server = createServer((request, response) => {
  if (request.url === '/orders') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write(message());
    browsers.add(response);
    response.on('close', () => browsers.delete(response));
  } else if (request.url === '/') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(PAGE);
  } else {
    response.writeHead(404).end();
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
process.on('SIGTERM', () => db.close());

// Until it is closed, which ends the iteration.
for await (const { kind } of events) {
  // The connection is to the file that was there before.
  if (kind === 'replaced') connect();
  const state = message();
  for (const browser of browsers) browser.write(state);
}
server.close();
// Those that follow the page would never leave by themselves.
server.closeAllConnections();
connection.close();
