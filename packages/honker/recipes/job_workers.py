"""Workers that claim rows of a jobs table, each job once, without polling it.

usage: python job_workers.py DATABASE [NAME]; start as many as you like, in as many processes.
       Add jobs from anywhere: INSERT INTO job(task) VALUES ('…')

A worker sleeps until somebody commits. `idle_poll_s` lets it look once a minute all the same, for jobs that become
due by the clock. When the database file is replaced (a restore), it opens it again. A job whose worker was killed
stays claimed: give it back with UPDATE job SET worker = NULL once you know that.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing

import honker

SCHEMA = """
CREATE TABLE IF NOT EXISTS job(
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    due TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    worker TEXT,
    done INTEGER NOT NULL DEFAULT 0
)
"""
# One statement is one transaction: two workers never claim the same row.
CLAIM = """
UPDATE job SET worker = ? WHERE id = (
    SELECT id FROM job WHERE worker IS NULL AND due <= CURRENT_TIMESTAMP ORDER BY id LIMIT 1
) RETURNING id, task
"""


def work_off(connection: sqlite3.Connection, name: str) -> bool:
    """Does all jobs that are there. Says whether one of them was to stop."""
    # Asked before CLAIM, which takes a lock, and would be a commit of its own.
    while connection.execute("SELECT 1 FROM job WHERE worker IS NULL LIMIT 1").fetchone():
        claimed = connection.execute(CLAIM, (name,)).fetchall()
        if not claimed:
            break
        [(number, task)] = claimed
        print(f"{name}: {task}", flush=True)
        connection.execute("UPDATE job SET done = 1 WHERE id = ?", (number,))
        if task == "stop":
            return True
    return False


def work(path: str, name: str) -> None:
    """Works until it is told to stop. Raises `honker.WatcherDied` when the file is replaced."""
    with (
        honker.open(path, "auto") as db,
        closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection,
    ):
        try:
            connection.execute(SCHEMA)
            events = db.update_events(idle_poll_s=60)
            while not work_off(connection, name):
                events.wait()
        except sqlite3.DatabaseError:
            # SQLite notices a replaced file as well, and has many names for it. If it was one, this says so.
            db.position()
            raise


def main(path: str, name: str) -> None:
    while True:
        try:
            return work(path, name)
        except honker.WatcherDied as died:
            print(f"{name}: {died.reason}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else f"worker {os.getpid()}")
