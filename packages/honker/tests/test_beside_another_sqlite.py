"""The central claim, in a user's process: honker beside the process's own SQLite hurts nothing and misses nothing.

A second SQLite that watched from inside the process would close descriptors, and with them drop the locks of the
first: lost updates and damaged databases. honker opens no connection, and closes nothing in the process's table.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest
from conftest import count

HOST = Path(__file__).with_name("beside_host.py")
OTHER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
end = time.monotonic() + float(sys.argv[2])
made = 0
while time.monotonic() < end:
    connection.execute("UPDATE counter SET n = n + 1")
    made += 1
print(made)
"""
CASES = [
    (backend, mode)
    for mode in ("DELETE", "TRUNCATE", "WAL")
    for backend in ("polling", "kernel", "shm", "auto")
    if backend != "shm" or mode == "WAL"
]


def copy_of_sqlite(directory: Path) -> str:
    """A copy of the library under another name: the loader maps it anew, with globals of its own."""
    name = find_library("sqlite3")
    assert name is not None, "Debian's libsqlite3-0 is not installed"
    maps = Path("/proc/self/maps").read_text().splitlines()
    [loaded, *_] = {line.split()[-1] for line in maps if "libsqlite3.so" in line}
    return str(shutil.copy(loaded, directory / "libsqlite3-second-copy.so"))


@pytest.mark.parametrize("library", ["stdlib", "copy"])
@pytest.mark.parametrize(("backend", "mode"), CASES)
def test_nothing_is_lost_and_nothing_is_missed(
    tmp_path: Path, backend: str, mode: str, library: str
) -> None:
    path = str(tmp_path / "app.db")
    seconds = count(1, 20)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
        connection.execute("CREATE TABLE counter(n)")
        connection.execute("INSERT INTO counter VALUES (0)")
    connection.close()
    using = copy_of_sqlite(tmp_path) if library == "copy" else "stdlib"
    with subprocess.Popen(
        [sys.executable, str(HOST), path, backend, str(seconds), using],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as host:
        assert host.stdin is not None and host.stdout is not None
        assert host.stdout.readline() == "ready\n"
        host.stdin.write("go\n")
        host.stdin.flush()
        other = subprocess.run(
            [sys.executable, "-c", OTHER, path, str(seconds)],
            capture_output=True,
            text=True,
            check=True,
        )
        theirs = int(other.stdout)
        own = json.loads(host.stdout.readline())
        host.stdin.write(f"{theirs}\n")
        host.stdin.flush()
        seen = json.loads(host.stdout.read())
    assert host.returncode == 0
    total = own["made"] + theirs
    print(f"{mode} {backend} {library}: {own} by the host, {theirs} by another process, {seen}")
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        # Each increment reads what the one before wrote: a lost update is a lower number.
        assert connection.execute("SELECT n FROM counter").fetchall() == [(total,)]
    connection.close()
    assert own["made"] > 0 and theirs > 0 and own["opened"] > 0
    if seen["exact"]:
        assert seen["seen"] == total
    else:
        # The last session's close may hide how many commits it had; the wake came all the same.
        assert 0 < seen["seen"] <= total
        assert seen["conservative"]
