"""How long it takes from another process's commit to the body of an `async for`, beside the same loop with 1 ms polling.

usage: python bench/latency.py [COMMITS]

Both loops run in one run, in turns, because machines are noisy. WAL, synchronous=NORMAL; one commit each 3 to 5 ms.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

import honker

WRITER = """
import json, random, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA synchronous=NORMAL")
sys.stdin.readline()
times = []
for n in range(int(sys.argv[2])):
    time.sleep(random.uniform(0.003, 0.005))
    connection.execute("INSERT INTO t VALUES (1)")
    times.append(time.monotonic_ns())
print(json.dumps(times))
"""


async def measure(path: str, backend: Literal["kernel", "polling"], commits: int) -> list[float]:
    """Microseconds from each commit's return to the body of the loop."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, path, str(commits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    seen: list[int] = []
    with honker.open(path, backend) as db:
        events = db.update_events()
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
        async for update in events:
            # Several commits of one wake are all as late as it is.
            seen += [time.monotonic_ns()] * update.commits
            if len(seen) >= commits:
                break
    out, _ = writer.communicate()
    made: list[int] = json.loads(out)
    return [(late - at) / 1000 for at, late in zip(made, seen, strict=True)]


def quantile(values: list[float], at: int) -> float:
    return statistics.quantiles(values, n=100)[at - 1]


def main() -> None:
    commits = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    late: dict[str, list[float]] = {"kernel": [], "polling": []}
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "app.db")
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]);"
                "connection.execute('PRAGMA journal_mode=WAL'); connection.execute('CREATE TABLE t(n)')",
                path,
            ],
            check=True,
        )
        for _ in range(5):
            for backend in ("kernel", "polling"):
                late[backend] += asyncio.run(
                    measure(path, "kernel" if backend == "kernel" else "polling", commits // 5)
                )
    print("from the commit's return to the body of the `async for`, in microseconds")
    for backend, values in late.items():
        print(
            f"{backend:8} p50 {quantile(values, 50):7.0f}   p90 {quantile(values, 90):7.0f}"
            f"   p99 {quantile(values, 99):7.0f}   of {len(values)} commits"
        )
    ratio = quantile(late["polling"], 50) / quantile(late["kernel"], 50)
    print(f"polling's median is {ratio:.1f} times that of kernel")


if __name__ == "__main__":
    main()
