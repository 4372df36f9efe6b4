"""A program that reads and writes its own database with `sqlite3`, and is told of everybody's commits.

usage: python same_process.py DATABASE

honker has no connection and takes no lock, so it may live beside the one that you have. Subscribe first, then read:
what is committed in between wakes once more than needed, and nothing is lost.
"""

from __future__ import annotations

import sqlite3
import sys

import honker


def messages(connection: sqlite3.Connection, after: int) -> list[tuple[int, str]]:
    """The messages that are new since number `after`."""
    query = "SELECT id, text FROM message WHERE id > ? ORDER BY id"
    return connection.execute(query, (after,)).fetchall()


def main(path: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE IF NOT EXISTS message(id INTEGER PRIMARY KEY, text)")
    connection.execute("INSERT INTO message(text) VALUES ('joined')")
    seen = 0
    with honker.open(path, "auto") as db, db.update_events() as events:
        while True:
            for seen, text in messages(connection, seen):
                print(f"{seen}: {text}", flush=True)
                if text == "stop":
                    return
            events.wait()


if __name__ == "__main__":
    main(sys.argv[1])
