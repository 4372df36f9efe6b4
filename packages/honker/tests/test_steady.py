"""Nothing grows: threads, descriptors and memory after many open and close cycles."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import honker
from conftest import count, wait_until
from writer import Writer


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def memory() -> int:
    """Resident memory, in KiB."""
    [line] = [
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in line
    ]
    return int(line.split()[1])


def test_open_and_close_leave_nothing(path: str, writer: Writer) -> None:
    def cycle(n: int) -> None:
        with honker.open(path, "kernel" if n % 2 else "polling") as db:
            db.update_events().wait(0)

    for n in range(200):
        cycle(n)
    gc.collect()
    before = (threads(), descriptors())
    resident = memory()
    cycles = count(1_000, 10_000)
    for n in range(cycles):
        cycle(n)
    gc.collect()
    wait_until(lambda: threads() <= before[0])
    assert descriptors() <= before[1]
    grown = memory() - resident
    print(f"{cycles} cycles: {grown} KiB more, threads and descriptors {before}")
    assert grown < 8 * 1024


def test_a_thousand_subscriptions_cost_no_thread_and_no_descriptor(
    path: str, writer: Writer
) -> None:
    with honker.open(path) as db:
        db.update_events().wait(0)
        before = (threads(), descriptors())
        many = [db.update_events() for _ in range(1_000)]
        assert (threads(), descriptors()) == before
        assert db.stats().subscribers >= 1_000
        writer.sql("INSERT INTO t VALUES (1)")
        wait_until(lambda: db.stats().wakes == 1)
        updates = [events.wait(0) for events in many]
        assert all(update is not None and update.commits == 1 for update in updates)
        del many, updates
        gc.collect()
        wait_until(lambda: db.stats().subscribers == 0)
