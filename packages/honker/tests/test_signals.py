"""Signals while the main thread waits: none is lost, and no descriptor of ours stays where they are told."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import honker
import pytest
from conftest import LONG, count, wait_until
from writer import Writer


class Interrupted(Exception):
    """What a handler raises."""


@contextmanager
def handled(number: int, handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def alarms(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_handler_that_raises_at_any_point_leaves_no_descriptor_behind(path: str) -> None:
    armed = False

    def interrupt(*_: object) -> None:
        if armed:
            raise Interrupted

    interrupts = 0
    with honker.open(path) as db, handled(signal.SIGALRM, interrupt), alarms(0.0002):
        events = db.update_events()
        while interrupts < count(1_000, 20_000):
            try:
                armed = True
                while True:
                    events.wait(0.000_05)
            except Interrupted:
                interrupts += 1
            finally:
                armed = False
            assert signal.set_wakeup_fd(-1) == -1
        # It is not left as if somebody waited.
        assert events.wait(0) is None


def test_signals_for_an_event_loop_reach_it_though_its_thread_waited(path: str) -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        told: list[str] = []
        loop.add_signal_handler(signal.SIGUSR1, told.append, "one")
        loop.add_signal_handler(signal.SIGUSR2, told.append, "two")
        with honker.open(path) as db, db.update_events() as events:
            kill = f"kill -USR1 {os.getpid()}; kill -USR2 {os.getpid()}"
            with subprocess.Popen(["sh", "-c", kill]) as killing:
                # A mistake: it blocks the loop. That must not cost it its signals.
                assert events.wait(0.3) is None
                killing.wait(LONG)
        for _ in range(1000):
            if len(told) == 2:
                break
            await asyncio.sleep(0.01)
        return sorted(told)

    assert asyncio.run(main()) == ["one", "two"]


def test_a_handler_that_waits_itself_takes_nothing_from_whom_it_interrupted(
    path: str, writer: Writer
) -> None:
    inner: list[object] = []
    with honker.open(path) as db:
        outer_events, inner_events = db.update_events(), db.update_events()

        def wait_inside(*_: object) -> None:
            # This commit rings for both.
            writer.sql("INSERT INTO t VALUES (1)")
            inner.append(inner_events.wait(LONG))

        with handled(signal.SIGUSR1, wait_inside):
            timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR1])
            timer.start()
            outer = outer_events.wait(LONG)
            timer.join()
    assert outer is not None and inner == [outer]
    assert signal.set_wakeup_fd(-1) == -1


def test_a_descriptor_that_a_handler_sets_stays_set(path: str) -> None:
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    try:
        with honker.open(path) as db, db.update_events() as events:

            def set_another(*_: object) -> None:
                signal.set_wakeup_fd(writes)
                events.close()

            with handled(signal.SIGUSR1, set_another):
                threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR1]).start()
                with pytest.raises(honker.ClosedError):
                    events.wait(LONG)
        assert signal.set_wakeup_fd(-1) == writes
    finally:
        signal.set_wakeup_fd(-1)
        os.close(reads)
        os.close(writes)


def test_the_main_thread_needs_no_descriptors_for_each_subscription(path: str) -> None:
    with honker.open(path) as db:
        db.update_events().wait(0.001)
        before = descriptors()
        waited = [db.update_events() for _ in range(100)]
        for events in waited:
            assert events.wait(0.0001) is None
        assert descriptors() == before


FORKS_IN_A_HANDLER = """
import os, signal, sys, threading
import honker

db = honker.open(sys.argv[1])
events = db.update_events()
children = []

def fork(*_):
    child = os.fork()
    children.append(child)
    if child == 0:
        # The child's own waiting must not be heard by its parent.
        with honker.open(sys.argv[1]) as mine:
            mine.update_events().wait(0.05)
        os._exit(0)

signal.signal(signal.SIGUSR1, fork)
print("ready", flush=True)
assert events.wait(60) is not None
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children], flush=True)
"""


def test_a_fork_in_a_handler_disturbs_neither(path: str, writer: Writer) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", FORKS_IN_A_HANDLER, path],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGUSR1)
        children = f"/proc/{process.pid}/task/{process.pid}/children"

        def has_forked() -> bool:
            with open(children) as listed:
                return bool(listed.read().split())

        wait_until(has_forked)
        writer.sql("INSERT INTO t VALUES (1)")
        assert process.stdout.readline() == "[0]\n"


FORKS_AND_RETURNS = """
import os, signal, sys
import honker

parent = os.getpid()
events = honker.open(sys.argv[1]).update_events()
signal.signal(signal.SIGUSR1, lambda *_: os.fork())
print("ready", flush=True)
try:
    assert events.wait() is not None
    print("the parent was woken", flush=True)
except honker.Error as error:
    assert os.getpid() != parent
    print("the child was told", flush=True)
    os._exit(0)
"""


def test_a_child_that_returns_into_the_wait_of_its_parent_is_told_so(
    path: str, writer: Writer
) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", FORKS_AND_RETURNS, path],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == "the child was told\n"
        writer.sql("INSERT INTO t VALUES (1)")
        assert process.stdout.readline() == "the parent was woken\n"
