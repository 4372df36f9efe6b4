"""The interpreter always ends, whoever still waits."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import LONG, count

PROGRAMS = {
    "an open database": "db = honker.open(path)",
    "a subscription": "events = honker.open(path, 'kernel').update_events()",
    "a for loop in a daemon thread": """
events = honker.open(path).update_events()
threading.Thread(target=lambda: [None for _ in events], daemon=True).start()
""",
    "a for loop in a daemon thread, woken at the end": """
import sqlite3
events = honker.open(path, 'kernel').update_events()
threading.Thread(target=lambda: [None for _ in events], daemon=True).start()
connection = sqlite3.connect(path, isolation_level=None)
connection.execute('CREATE TABLE t(n)')
for n in range(200): connection.execute('INSERT INTO t VALUES (1)')
""",
    "a task that is cancelled at the end": """
async def main():
    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
async def wait():
    async for _ in honker.open(path).update_events():
        pass
asyncio.run(main())
""",
    "a loop in a daemon thread": """
async def wait():
    async for _ in honker.open(path).update_events():
        pass
threading.Thread(target=lambda: asyncio.run(wait()), daemon=True).start()
time.sleep(0.05)
""",
    "a loop without add_reader in a daemon thread": """
class NoReaders(asyncio.SelectorEventLoop):
    def add_reader(self, *_):
        raise NotImplementedError
async def wait():
    async for _ in honker.open(path).update_events():
        pass
threading.Thread(target=lambda: NoReaders().run_until_complete(wait()), daemon=True).start()
time.sleep(0.05)
""",
    "a log that is still being written": """
import logging
logging.basicConfig(level=1)
for _ in range(20):
    honker.open(path).close()
""",
    "a log that other threads still write to": """
import logging
logging.basicConfig(level=1)
def come_and_go():
    while True:
        honker.open(path).close()
threading.Thread(target=come_and_go, daemon=True).start()
time.sleep(0.02)
""",
    "sys.exit in the middle of a with": """
with honker.open(path) as db, db.update_events() as events:
    sys.exit()
""",
}


#: These ends are races: they are run more than once.
RACES = [name for name in PROGRAMS if "log" in name]


@pytest.mark.parametrize(
    "name", [*PROGRAMS, *(name for name in RACES for _ in range(count(5, 100)))]
)
def test_the_interpreter_ends(path: str, name: str) -> None:
    head = f"import asyncio, sys, threading, time, honker\npath = {path!r}\n"
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", head + PROGRAMS[name]],
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr and "Fatal" not in ended.stderr, ended.stderr
