"""Every recipe is run as its docstring says."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from chromium import Chromium
from conftest import LONG, wait_until
from writer import Writer

RECIPES = Path(__file__).parents[1] / "recipes"


@contextmanager
def started(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        cwd=RECIPES,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_same_process_hears_itself_and_others(path: str) -> None:
    with started(sys.executable, "same_process.py", path) as program:
        assert line(program) == "1: joined"
        with Writer(path) as writer:
            for text in ("hello", "from outside", "stop"):
                writer.sql(f"INSERT INTO message(text) VALUES ('{text}')")
        assert [line(program) for _ in range(3)] == ["2: hello", "3: from outside", "4: stop"]
        assert program.wait(LONG) == 0


def test_sqlalchemy_reads_again_only_after_a_commit(path: str) -> None:
    with started(sys.executable, "sqlalchemy_refresh.py", path) as program:
        assert line(program).startswith("type")

        def ask(name: str) -> str:
            assert program.stdin is not None
            program.stdin.write(name + "\n")
            program.stdin.flush()
            return line(program)

        assert ask("colour") == "None"
        with Writer(path) as writer:
            writer.sql("INSERT INTO setting VALUES ('colour', 'green')")
            wait_until(lambda: ask("colour") == "green")
            for _ in range(200):
                assert ask("colour") == "green"
            writer.sql("UPDATE setting SET value = 'blue'")
            wait_until(lambda: ask("colour") == "blue")
        assert program.stdin is not None
        program.stdin.close()
        # One for each commit (its table's too, should that have been seen), not one for each question.
        queries = int(line(program).removesuffix(" queries"))
        assert queries <= 4
        assert program.wait(LONG) == 0


def test_sqlalchemy_follows_a_restored_file(path: str, tmp_path: Path) -> None:
    with started(sys.executable, "sqlalchemy_refresh.py", path) as program:
        assert line(program).startswith("type")

        def ask(name: str) -> str:
            assert program.stdin is not None
            program.stdin.write(name + "\n")
            program.stdin.flush()
            return line(program)

        for colour in ("green", "blue", "red"):
            restored = tmp_path / "restored.db"
            shutil.copy(path, restored)
            with closing(sqlite3.connect(restored, isolation_level=None)) as connection:
                connection.execute("INSERT OR REPLACE INTO setting VALUES ('colour', ?)", (colour,))
            os.replace(restored, path)
            # bound by the loop's variable at once
            wait_until(lambda wanted=colour: ask("colour") == wanted)  # type: ignore[misc]


def test_jobs_are_done_once_each_by_several_workers(path: str) -> None:
    names = [f"worker {n}" for n in range(3)]
    lines: list[str] = []
    with (
        started(sys.executable, "job_workers.py", path, names[0]) as one,
        started(sys.executable, "job_workers.py", path, names[1]) as two,
        started(sys.executable, "job_workers.py", path, names[2]) as three,
    ):
        workers = [one, two, three]

        def read(worker: subprocess.Popen[str]) -> None:
            assert worker.stdout is not None
            lines.extend(text.strip() for text in worker.stdout)

        readers = [threading.Thread(target=read, args=(worker,)) for worker in workers]
        for reader in readers:
            reader.start()
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
            wait_until(lambda: has_table(connection))
            for n in range(100):
                connection.execute("INSERT INTO job(task) VALUES (?)", (f"job {n}",))
            done = "SELECT count(*) FROM job WHERE done"
            wait_until(lambda: connection.execute(done).fetchone() == (100,))
            for _ in workers:
                connection.execute("INSERT INTO job(task) VALUES ('stop')")
        for worker in workers:
            assert worker.wait(LONG) == 0
        for reader in readers:
            reader.join()
    tasks = [text.split(": ")[1] for text in lines]
    assert sorted(tasks) == sorted([f"job {n}" for n in range(100)] + ["stop"] * 3)


def has_table(connection: sqlite3.Connection) -> bool:
    return (
        connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'job'").fetchone() is not None
    )


def test_an_idle_worker_runs_no_query_and_no_code(path: str) -> None:
    with started(sys.executable, "job_workers.py", path) as worker:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
            wait_until(lambda: has_table(connection))
            connection.execute("INSERT INTO job(task) VALUES ('first')")
            assert line(worker).endswith(": first")
            done = "SELECT count(*) FROM job WHERE done"
            wait_until(lambda: connection.execute(done).fetchone() == (1,))

        def slept() -> tuple[str, int]:
            """The main thread's state, and how often it has gone to sleep."""
            status = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
            fields = dict(each.split(":\t", 1) for each in status if ":\t" in each)
            return fields["State"][0], int(fields["voluntary_ctxt_switches"])

        before = ("", -1)

        def has_settled() -> bool:
            nonlocal before
            last, before = before, slept()
            time.sleep(0.2)
            return last == before and before[0] == "S"

        wait_until(has_settled)
        # Nothing that is to be waited for happens: it must not run in all this time.
        time.sleep(1)
        assert slept() == before


def test_workers_survive_restores(path: str, tmp_path: Path) -> None:
    with started(sys.executable, "job_workers.py", path) as worker:
        for number in range(5):
            with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
                wait_until(lambda: has_table(connection))  # noqa: B023 - called before the next round
                connection.execute("INSERT INTO job(task) VALUES (?)", (f"task {number}",))
                assert line(worker).endswith(f": task {number}")
                # A file may be replaced when nobody writes: SQLite's own rule.
                done = "SELECT count(*) FROM job WHERE NOT done"
                wait_until(lambda: connection.execute(done).fetchone() == (0,))  # noqa: B023
            restored = tmp_path / "restored.db"
            shutil.copy(path, restored)
            os.replace(restored, path)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
            connection.execute("INSERT INTO job(task) VALUES ('after')")
            assert line(worker).endswith(": after")
            connection.execute("INSERT INTO job(task) VALUES ('stop')")
            assert worker.wait(LONG) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_live_page_follows_the_table_in_a_real_browser(path: str, tmp_path: Path) -> None:
    port = free_port()
    server = ("uvicorn", "live_page:app", "--port", str(port), "--log-level", "warning")
    limit = ("--timeout-graceful-shutdown", "3")
    with started(sys.executable, "-m", *server, *limit, DATABASE=path) as program:
        wait_until(lambda: is_open(port))
        with Writer(path) as writer, Chromium(tmp_path, f"http://127.0.0.1:{port}/") as page:
            shown = "Array.from(document.querySelectorAll('#orders li'), (li) => li.textContent)"
            page.evaluate("window.loadedOnce = true")
            expected = []
            for order in ("two coffees", "<b>tea</b>", "a third thing"):
                writer.sql(f"INSERT INTO orders(text) VALUES ('{order}')")
                expected.append(order)
                wait_until(lambda: page.evaluate(shown) == expected)
            writer.sql("DELETE FROM orders")
            wait_until(lambda: page.evaluate(shown) == [])
            assert page.evaluate("window.loadedOnce") is True, "it was not loaded again"
            # A restore.
            restored = tmp_path / "restored.db"
            shutil.copy(path, restored)
            with closing(sqlite3.connect(restored, isolation_level=None)) as connection:
                connection.execute("INSERT INTO orders(text) VALUES ('restored')")
            os.replace(restored, path)
            wait_until(lambda: page.evaluate(shown) == ["restored"])
            assert page.evaluate("window.loadedOnce") is True, "it was not loaded again"
            # It stops although a page is open.
            program.terminate()
            program.wait(LONG)
