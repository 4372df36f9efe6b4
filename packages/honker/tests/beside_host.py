"""A program with a SQLite of its own that writes, while honker watches the same database and comes and goes.

usage: beside_host.py DATABASE BACKEND SECONDS LIBRARY; LIBRARY is "stdlib", or a copy of libsqlite3 to load.
Prints a JSON object.
"""

from __future__ import annotations

import ctypes
import json
import sqlite3
import sys
import threading
import time

import honker

INCREMENT = "UPDATE counter SET n = n + 1"


class Stdlib:
    """Python's own SQLite."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=60)

    def increment(self) -> None:
        self._connection.execute(INCREMENT)

    def close(self) -> None:
        self._connection.close()


class Copy:
    """Another copy of SQLite in the same process, as a wheel or an addon with its own brings one."""

    def __init__(self, library: str, path: str) -> None:
        self._sqlite = ctypes.CDLL(library)
        own = ctypes.CDLL("libsqlite3.so.0")
        address = ctypes.cast(self._sqlite.sqlite3_open, ctypes.c_void_p).value
        assert address != ctypes.cast(own.sqlite3_open, ctypes.c_void_p).value, "a second copy"
        self._db = ctypes.c_void_p()
        self._check(self._sqlite.sqlite3_open(path.encode(), ctypes.byref(self._db)))
        self._check(self._sqlite.sqlite3_busy_timeout(self._db, 60_000))

    def _check(self, code: int) -> None:
        if code != 0:
            raise RuntimeError(f"SQLite's error {code}")

    def increment(self) -> None:
        self._check(self._sqlite.sqlite3_exec(self._db, INCREMENT.encode(), None, None, None))

    def close(self) -> None:
        self._check(self._sqlite.sqlite3_close(self._db))


def main(path: str, backend: str, seconds: float, library: str) -> None:
    stop = threading.Event()
    made = opened = 0

    def write() -> None:
        nonlocal made
        connection = Stdlib(path) if library == "stdlib" else Copy(library, path)
        while not stop.is_set():
            connection.increment()
            made += 1
            if made % 50 == 0:
                # A new session now and then: its first and last steps are the delicate ones.
                connection.close()
                connection = Stdlib(path) if library == "stdlib" else Copy(library, path)
        connection.close()

    def come_and_go() -> None:
        nonlocal opened
        while not stop.is_set():
            with honker.open(path, backend) as db:  # type: ignore[arg-type]
                db.update_events().wait(0.002)
            opened += 1

    db = honker.open(path, backend)  # type: ignore[arg-type]
    events = db.update_events()
    print("ready", flush=True)
    sys.stdin.readline()
    threads = [threading.Thread(target=write), threading.Thread(target=come_and_go)]
    for thread in threads:
        thread.start()
    seen, exact = 0, True
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        update = events.wait(left)
        if update is not None:
            seen += update.commits
            exact &= update.exact
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"made": made, "opened": opened}), flush=True)
    # What the other process made in all: wakes for it may still be under way.
    total = made + int(sys.stdin.readline())
    end = time.monotonic() + 30
    while seen < total and (left := end - time.monotonic()) > 0:
        update = events.wait(left if exact else 0.5)
        if update is None:
            break
        seen += update.commits
        exact &= update.exact
    print(json.dumps({"seen": seen, "exact": exact, "conservative": db.stats().conservative}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4])
