// A page that follows a table: an HTTP server with server-sent events.
//
// usage: node live_page.mjs DATABASE [PORT]
//
// One subscription a browser, and no thread for it. `minInterval` keeps a busy writer from repainting the page more than
// ten times a second; the last state always arrives.

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

const connection = new Sqlite(path, { timeout: 60_000 });
connection.exec('CREATE TABLE IF NOT EXISTS orders(id INTEGER PRIMARY KEY, text)');
const orders = connection.prepare('SELECT text FROM orders ORDER BY id').pluck();
const db = honker.open(path, undefined, 'auto');

async function follow(response) {
  // Subscribe, then read. A browser that leaves ends the subscription, and with it the loop.
  const events = db.updateEvents({ minInterval: 100 });
  response.on('close', () => events.close());
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const send = () => response.write(`data: ${JSON.stringify(orders.all())}\n\n`);
  send();
  for await (const _ of events) send();
}

const server = createServer((request, response) => {
  if (request.url === '/orders') {
    follow(response).catch((error) => response.destroy(error));
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
process.on('SIGTERM', () => {
  db.close();
  server.close();
  server.closeAllConnections();
  connection.close();
});
