"""The specification's Python, as it stands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import honker
import pytest
from conftest import LONG, WINDOWS, change_name, replace, wait_until
from writer import Writer

OPENING = """
db = honker.open("app.db") # polling, the default
db = honker.open("app.db", watcher_backend="kernel") # experimental: OS file events
db = honker.open("app.db", watcher_backend="shm") # experimental: mmap WAL index, WAL only
"""

REOPENING = """
import honker
async def main():
    db = honker.open("app.db")
    while True:
        try:
            async for _ in db.update_events():
                # ... do work ...
                pass
        except RuntimeError as e:
            if "watcher died" not in str(e):
                raise
            db.close()
            db = honker.open("app.db") # fresh handle, fresh watcher, fresh baseline
"""


def test_the_ways_to_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("app.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t(n)")
        names: dict[str, Any] = {"honker": honker}
        exec(OPENING, names)
        assert names["db"].backend == "shm"


@pytest.mark.skipif(
    WINDOWS, reason="the loop of the specification keeps the file open while it is replaced"
)
def test_the_loop_that_opens_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbatim, but for the work: it reads the table, and says how many rows it saw."""
    monkeypatch.chdir(tmp_path)
    seen: list[int] = []

    def work() -> None:
        with closing(sqlite3.connect("app.db")) as connection:
            seen.append(connection.execute("SELECT count(*) FROM t").fetchone()[0])

    opened = 0
    real_open = honker.open

    def counting_open(path: str) -> honker.Database:
        nonlocal opened
        opened += 1
        return real_open(path)

    names: dict[str, Any] = {"work": work}
    exec(REOPENING.replace("pass\n", "work()\n"), names)
    monkeypatch.setattr(honker, "open", counting_open)
    loop = asyncio.new_event_loop()

    def run() -> None:
        task = loop.create_task(names["main"]())
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    with Writer("app.db") as writer:
        writer.sql("CREATE TABLE t(n)")
        thread = threading.Thread(target=run)
        thread.start()
        try:
            for replacement in range(1, 4):
                wait_until(lambda: opened == replacement)

                def sees(rows: int) -> bool:
                    # The loop has opened before it has subscribed: what comes in between is not its to see.
                    with Writer("app.db") as other:
                        other.sql("INSERT INTO t VALUES (1)")
                    return any(each >= rows for each in seen)

                wait_until(lambda: sees(1))
                replace("app.db")
                seen.clear()
            wait_until(lambda: opened == 4)
        finally:
            [task] = asyncio.all_tasks(loop)
            loop.call_soon_threadsafe(task.cancel)
            thread.join(LONG)
            loop.close()
    assert not thread.is_alive()


def test_a_dead_watcher_says_the_same_whatever_it_is_asked(path: str, writer: Writer) -> None:
    message = (
        "honker: update watcher died (database file likely replaced; "
        "recreate honker.open() to recover)"
    )
    db = honker.open(path)
    events = db.update_events()
    change_name(lambda: os.unlink(path), writer)
    for use in (lambda: events.wait(LONG), lambda: next(events), db.update_events, db.position):
        with pytest.raises(RuntimeError) as died:
            use()
        assert isinstance(died.value, honker.WatcherDied)
        assert str(died.value) == message
        assert "found no file" in died.value.reason
