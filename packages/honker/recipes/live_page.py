"""A page that follows a table, with FastAPI and server-sent events.

usage: DATABASE=app.db uvicorn live_page:app --timeout-graceful-shutdown 3

One subscription a browser, and no thread for it. `min_interval` keeps a busy writer from repainting the page more
than ten times a second; the last state always arrives. A restored file is followed. Event streams never end by
themselves: without the limit above uvicorn would wait for open pages for ever when it is to stop.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, StreamingResponse

import honker

PATH = os.environ.get("DATABASE", "app.db")
PAGE = """<!doctype html>
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
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with closing(sqlite3.connect(PATH)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS orders(id INTEGER PRIMARY KEY, text)")
    with honker.open(PATH, "auto", on_replace="follow") as db:
        app.state.db = db
        yield


app = FastAPI(lifespan=lifespan)


def orders() -> list[str]:
    """All orders. A short query; run a long one in a thread."""
    with closing(sqlite3.connect(PATH)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM orders ORDER BY id")]


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    return PAGE


@app.get("/orders")
async def stream() -> StreamingResponse:
    db: honker.Database = app.state.db

    async def events() -> AsyncIterator[str]:
        # Subscribe, then read. A browser that leaves ends the `async with`.
        async with db.update_events(min_interval=0.1) as updates:
            yield f"data: {json.dumps(orders())}\n\n"
            async for _ in updates:
                yield f"data: {json.dumps(orders())}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")
