"""What all tests share: a database, a writer in a process of its own, and how long to go on."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from honker import Backend
from writer import Writer

WINDOWS = sys.platform == "win32"
collect_ignore: list[str] = []
if WINDOWS:
    # They are about what is not there: fork, signals from elsewhere, /proc, POSIX locks, and a browser for it.
    collect_ignore += [
        "test_beside_another_sqlite.py",
        "test_features.py",
        "test_fork.py",
        "test_recipes.py",
        "test_signals.py",
        "test_steady.py",
        "test_typing.py",
    ]
else:
    collect_ignore += ["test_windows.py"]

FULL = os.environ.get("HONKER_FULL") == "1"
# Longer than anything here takes on a busy machine: reaching it is a failure, not a wait.
LONG = 60.0


def count(reduced: int, full: int) -> int:
    """The count to use: `make test` is reduced, `make test-full` runs the stated ones."""
    return full if FULL else reduced


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where a database may be; there is none yet."""
    return str(tmp_path / "app.db")


@pytest.fixture
def writer(path: str) -> Iterator[Writer]:
    """A writer of that database, in another process; it makes `t(n)` first."""
    with Writer(path) as writer:
        writer.sql("CREATE TABLE t(n)")
        yield writer


@pytest.fixture(params=["polling", "kernel", "auto"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Every backend that works in any journal mode."""
    name: Backend = request.param
    return name


def replace(path: str, *open_elsewhere: Writer) -> None:
    """Has a copy take the place of the database, as a restore does."""
    shutil.copy(path, path + ".new")
    change_name(lambda: os.replace(path + ".new", path), *open_elsewhere)


def change_name(change: Callable[[], None], *open_elsewhere: Writer) -> None:
    """Renames or removes a database. On Windows none may have it open then, not even a look."""

    def done() -> bool:
        try:
            change()
        except PermissionError:
            if not WINDOWS:
                raise
            return False
        return True

    if WINDOWS:
        for writer in open_elsewhere:
            writer.close()
    wait_until(done)


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits for a condition of another thread or process, with a deadline."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.001)
