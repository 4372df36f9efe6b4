"""A writer in a process of its own: it speaks SQL, line by line."""

from __future__ import annotations

import subprocess
import sys
from types import TracebackType

BODY = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
for line in sys.stdin:
    try:
        rows = connection.execute(line).fetchall()
        print("ok", rows, flush=True)
    except sqlite3.Error as error:
        print("error", error, flush=True)
"""


class Writer:
    """Commits from outside: each `sql` returns once SQLite has."""

    def __init__(self, path: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", BODY, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def sql(self, statement: str) -> str:
        """Runs one statement; a commit, unless a transaction is open."""
        self.start(statement)
        return self.finish()

    def start(self, statement: str) -> None:
        """Runs it without waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(statement + "\n")
        self._process.stdin.flush()

    def finish(self) -> str:
        """Waits for what was started."""
        assert self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        assert answer.startswith("ok"), answer
        return answer.removeprefix("ok ")

    def close(self) -> None:
        """Closes its connection, and ends."""
        if self._process.returncode is None:
            self._process.communicate()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
