"""Every block of the README is run, in order, beside a writer that keeps committing."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import WINDOWS

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
#: Where a block says that nothing is committed, nothing is.
QUIET = ("timeout=0", "idle_poll_s", "replaced")


def test_the_readme_has_the_blocks_that_are_run() -> None:
    kinds = [kind for kind, _ in BLOCKS]
    assert kinds.count("python") >= 8
    # The two of the console are `make wheel` and pip, which made what these tests run on.
    assert set(kinds) == {"python", "console"} and kinds.count("console") == 1


@pytest.mark.skipif(WINDOWS, reason="a block replaces a file that others have open")
def test_every_block_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("app.db")) as connection:
        connection.execute("CREATE TABLE t(n)")
    names: dict[str, Any] = {}
    for kind, block in BLOCKS:
        if kind != "python":
            continue
        stop = threading.Event()

        def write(stop: threading.Event = stop) -> None:
            with closing(sqlite3.connect("app.db", isolation_level=None, timeout=60)) as writer:
                while not stop.wait(0.005):
                    writer.execute("INSERT INTO t VALUES (1)")

        writing = threading.Thread(target=write)
        if not any(sign in block for sign in QUIET):
            writing.start()
        elif "timeout=0.01" in block:
            # The writer may have committed once more after the block before had enough.
            while names["events"].wait(timeout=0) is not None:
                pass
        try:
            exec(compile(block, f"README.md: {block.splitlines()[0]}", "exec"), names)
        finally:
            stop.set()
            if writing.ident is not None:
                writing.join()
    names["connection"].close()
    assert "commit(s): read again what you depend on" in capsys.readouterr().out


def test_the_block_in_the_project_s_readme_runs(tmp_path: Path) -> None:
    text = Path(__file__).parents[3].joinpath("README.md").read_text()
    [block] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    command = [sys.executable, "-u", "-c", block]
    with (
        closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None, timeout=60)) as writer,
        subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as program,
    ):
        writer.execute("CREATE TABLE t(n)")
        said: list[str] = []

        def read() -> None:
            assert program.stdout is not None
            said.append(program.stdout.readline())

        reading = threading.Thread(target=read)
        reading.start()
        while reading.is_alive():
            writer.execute("INSERT INTO t VALUES (1)")
            reading.join(0.005)
        program.kill()
    assert re.fullmatch(r"\d+ commit\(s\): read again what you depend on\n", said[0])
