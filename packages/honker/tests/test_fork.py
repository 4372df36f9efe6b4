"""Fork without exec: the child is told, the parent goes on, nothing hangs."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from typing import Any

import honker
import pytest
from conftest import LONG, count
from writer import Writer


def wait_for(child: int) -> int:
    """The child's exit code, with a deadline."""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid == child:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")


def use_in_a_child(db: honker.Database, events: honker.UpdateEvents, path: str) -> int:
    """What each child does: 0 if all is as promised."""
    for use in (
        db.update_events,
        db.position,
        lambda: events.wait(0),
        lambda: next(iter(events)),
    ):
        try:
            use()
        except honker.Error as error:
            if "fork" not in str(error):
                return 1
        else:
            return 2
    db.stats()
    events.close()
    db.close()
    with honker.open(path) as fresh:
        position = fresh.position()
        if fresh.update_events(since=position).wait(0) is not None:
            return 3
    return 0


async def open_and_wait(path: str) -> None:
    with honker.open(path) as fresh, contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(fresh.update_events().__anext__(), 0.001)


def forked(
    db: honker.Database, events: honker.UpdateEvents, path: str, *, in_a_loop: bool = False
) -> int:
    # Python 3.12 warns of a fork beside threads, which is what this is about.
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 9
        try:
            if in_a_loop:
                asyncio.run(open_and_wait(path))
            code = use_in_a_child(db, events, path)
        finally:
            os._exit(code)
    return wait_for(child)


def test_a_child_is_told_and_the_parent_goes_on(
    path: str, writer: Writer, backend: honker.Backend
) -> None:
    with honker.open(path, backend) as db:
        events, theirs = db.update_events(), db.update_events()
        seen = 0
        for round in range(count(20, 200)):
            writer.start(f"INSERT INTO t VALUES ({round})")
            assert forked(db, theirs, path) == 0
            writer.finish()
            while seen <= round:
                update = events.wait(LONG)
                assert update is not None
                seen += update.commits
            assert seen == round + 1


def test_a_subscription_that_a_thread_of_the_parent_waits_for_is_refused_too(path: str) -> None:
    with honker.open(path) as db:
        events, theirs = db.update_events(), db.update_events()
        waiting = threading.Thread(target=lambda: list(theirs))
        waiting.start()
        for _ in range(count(20, 200)):
            assert forked(db, theirs, path) == 0
        assert events.wait(0) is None
        db.close()
        waiting.join()


def test_forks_while_other_threads_wait_in_event_loops(path: str) -> None:
    stop = threading.Event()

    async def wait_a_moment(db: honker.Database) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(db.update_events().__anext__(), 0.0005)

    def loops_that_come_and_go() -> None:
        with honker.open(path) as db:
            while not stop.is_set():
                asyncio.run(wait_a_moment(db))

    threads = [threading.Thread(target=loops_that_come_and_go) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with honker.open(path) as db:
            events = db.update_events()
            for _ in range(count(100, 1_000)):
                assert forked(db, events, path, in_a_loop=True) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_forks_while_other_threads_use_honker(path: str, writer: Writer) -> None:
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            with honker.open(path, "kernel") as db:
                db.update_events().wait(0.001)
                db.stats()

    threads = [threading.Thread(target=come_and_go) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with honker.open(path) as db:
            events = db.update_events()
            for _ in range(count(30, 300)):
                assert forked(db, events, path) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def watch_once(path: str, ready: multiprocessing.synchronize.Event) -> None:
    with honker.open(path) as db:
        events = db.update_events()
        ready.set()
        update = events.wait(LONG)
        assert update is not None and update.commits == 1


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_way_of_multiprocessing_works(path: str, writer: Writer, method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    with honker.open(path) as db:
        own = db.update_events()
        ready = context.Event()
        process = context.Process(target=watch_once, args=(path, ready))
        process.start()
        assert ready.wait(LONG)
        writer.sql("INSERT INTO t VALUES (1)")
        process.join(LONG)
        assert process.exitcode == 0
        assert own.wait(LONG) is not None


PRELOADED = """
import asyncio, os, sys
import honker

path = sys.argv[1]
db = honker.open(path)             # as an application that is preloaded does at import
events = db.update_events()
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        try:
            db.update_events()
            os._exit(1)
        except honker.Error:
            pass

        async def main():
            with honker.open(path) as mine:
                os.write(1, b"ready\\n")  # in one piece: print makes two
                async for update in mine.update_events():
                    return
        try:
            asyncio.run(asyncio.wait_for(main(), 60))
        except BaseException:
            os._exit(2)
        os._exit(0)
    children.append(child)
assert events.wait(60) is not None
print("codes", [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children], flush=True)
"""


def test_workers_of_a_preloading_server_open_their_own(path: str, writer: Writer) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PRELOADED, path],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        ready = 0
        while ready < 3:
            line = server.stdout.readline()
            assert line, "the server has ended"
            ready += line == "ready\n"
        # Each has printed that before it subscribed: one commit after another, until all have seen one.
        codes = ""
        deadline = time.monotonic() + LONG
        reading = threading.Thread(target=lambda: lines.append(server.stdout.readline()))  # type: ignore[union-attr]
        lines: list[str] = []
        reading.start()
        while reading.is_alive() and time.monotonic() < deadline:
            writer.sql("INSERT INTO t VALUES (1)")
            reading.join(0.01)
        codes = lines[0]
    assert codes == "codes [0, 0, 0]\n"
