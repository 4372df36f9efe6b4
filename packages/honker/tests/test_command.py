"""`honker` and `python -m honker`: the Rust command, whole."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LONG, WINDOWS
from writer import Writer

SCRIPT = Path(sys.executable).with_name("honker")
COMMANDS = {"python -m honker": [sys.executable, "-m", "honker"]}
# pip makes it, which the tests on Windows have none of.
if not WINDOWS:
    COMMANDS["honker"] = [str(SCRIPT)]


@pytest.fixture(params=list(COMMANDS))
def command(request: pytest.FixtureRequest) -> list[str]:
    return COMMANDS[request.param]


def test_it_watches(path: str, writer: Writer, command: list[str]) -> None:
    with subprocess.Popen(
        [*command, "watch", "--json", "--count", "1", path], stdout=subprocess.PIPE, text=True
    ) as watch:
        assert watch.stdout is not None
        assert json.loads(watch.stdout.readline())["event"] == "init"
        writer.sql("INSERT INTO t VALUES (1)")
        wake = json.loads(watch.stdout.readline())
        assert (wake["event"], wake["commits"], wake["exact"]) == ("commit", 1, True)
        assert watch.wait(LONG) == 0


def test_its_exit_codes_are_the_commands(path: str, command: list[str]) -> None:
    def code(*words: str) -> tuple[int, str]:
        done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=LONG)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    assert code("watch", "--timeout", "10ms", "--wait-for-file", path)[0] == 124
    assert code("watch", path) == (
        4,
        f"honker: no such file: {json.dumps(path)}. Check the path, or add --wait-for-file\n",
    )
    assert code("watch", "--nonsense")[0] == 2
    assert code("--version") == (0, "")


@pytest.mark.skipif(WINDOWS, reason="needs a console there: scripts/wine/console.py makes one")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_signals_end_it_as_they_end_the_command(
    path: str, writer: Writer, command: list[str], number: int, code: int
) -> None:
    with subprocess.Popen(
        [*command, "watch", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watch:
        assert watch.stderr is not None
        assert watch.stderr.readline().startswith("watching ")
        watch.send_signal(number)
        assert watch.wait(LONG) == code
        assert "Traceback" not in watch.stderr.read()


def test_the_demo_is_not_in_it_because_it_has_a_sqlite(command: list[str]) -> None:
    done = subprocess.run([*command, "demo"], capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 2
    assert "demo" in done.stderr
