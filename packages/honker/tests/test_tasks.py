"""Tasks that wait: `async for`, many loops, cancellation, loops of other makers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import honker
import pytest
from conftest import LONG, WINDOWS, replace, wait_until
from writer import Writer

T = TypeVar("T")


class NoReaders(asyncio.SelectorEventLoop):
    """A loop that watches no descriptors for others, as the one of Windows does not."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.SelectorEventLoop,
    "no add_reader": NoReaders,
}
if sys.platform == "win32":
    LOOPS["proactor"] = asyncio.ProactorEventLoop
else:
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop


def run(main: Coroutine[Any, Any, T], new_loop: Callable[[], asyncio.AbstractEventLoop]) -> T:
    """`asyncio.run` with a loop of one's choice, on every Python."""
    loop = new_loop()
    try:
        return loop.run_until_complete(asyncio.wait_for(main, LONG))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@pytest.fixture(params=list(LOOPS))
def new_loop(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    return LOOPS[request.param]


async def count(events: honker.UpdateEvents, commits: int) -> int:
    seen = 0
    async for update in events:
        seen += update.commits
        if seen >= commits:
            break
    return seen


def test_every_commit_reaches_every_task(
    path: str,
    writer: Writer,
    backend: honker.Backend,
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def main() -> list[int]:
        with honker.open(path, backend) as db:
            counting = [asyncio.create_task(count(db.update_events(), 20)) for _ in range(100)]
            await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(1) as pool:
                for n in range(20):
                    await loop.run_in_executor(pool, writer.sql, f"INSERT INTO t VALUES ({n})")
                # No thread a subscriber: honker's few, the executor's, and one that hands over.
                assert WINDOWS or len(os.listdir("/proc/self/task")) <= 10
            return await asyncio.gather(*counting)

    assert run(main(), new_loop) == [20] * 100


def test_several_loops_in_several_threads(
    path: str, writer: Writer, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with honker.open(path, "kernel") as db, ThreadPoolExecutor(6) as pool:
        counting = [
            pool.submit(lambda: run(count(db.update_events(), 10), new_loop)) for _ in range(6)
        ]
        wait_until(lambda: db.stats().subscribers == 6)
        for n in range(10):
            writer.sql(f"INSERT INTO t VALUES ({n})")
        assert [future.result(LONG) for future in counting] == [10] * 6


def test_closing_ends_the_iteration_quietly(
    path: str, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def main() -> None:
        db = honker.open(path)
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, db.close)
        async for _ in db.update_events():
            pytest.fail("nothing was committed")
        async with honker.open(path).update_events() as events:
            loop.call_later(0.01, events.close)
            assert [update async for update in events] == []

    run(main(), new_loop)


def test_a_cancelled_task_leaves_nothing_behind(
    path: str, writer: Writer, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    class Marker:
        pass

    async def main() -> None:
        with honker.open(path) as db:
            events = db.update_events()
            markers = []

            async def wait() -> None:
                marker = Marker()
                markers.append(weakref.ref(marker))
                await events.__anext__()
                del marker

            for _ in range(50):
                task = asyncio.create_task(wait())
                await asyncio.sleep(0)
                task.cancel()
                # pytest.raises would keep each traceback.
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                    pytest.fail("it was cancelled")
                del task
            gc.collect()
            # The interpreter may keep the last traceback, with its frames.
            assert sum(marker() is not None for marker in markers) <= 1
            assert len(asyncio.all_tasks()) == 1
            # The subscription still works, and nothing it reports went to those who left.
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, writer.sql, "INSERT INTO t VALUES (1)")
            assert (await events.__anext__()).commits == 1

    # Not in wait_for, which would add a task of its own.
    loop = new_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def test_a_timeout_of_asyncio_loses_no_wake(path: str, writer: Writer) -> None:
    async def main() -> int:
        seen = 0
        with honker.open(path) as db:
            events = db.update_events()
            loop = asyncio.get_running_loop()
            writing = loop.run_in_executor(
                None, lambda: [writer.sql(f"INSERT INTO t VALUES ({n})") for n in range(200)]
            )
            while seen < 200:
                try:
                    update = await asyncio.wait_for(events.__anext__(), 0.0005)
                except asyncio.TimeoutError:
                    continue
                seen += update.commits
            await writing
        return seen

    assert run(main(), asyncio.SelectorEventLoop) == 200


def test_a_loop_closed_while_somebody_waits_ends_quietly(
    path: str, writer: Writer, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with honker.open(path) as db:
        loop = new_loop()
        waiting = db.update_events().__anext__()

        async def start() -> None:
            # One step of the coroutine, as a task would make it.
            waiting.send(None)

        loop.run_until_complete(start())
        loop.close()
        writer.sql("INSERT INTO t VALUES (1)")
        wait_until(lambda: db.stats().wakes == 1)
        waiting.close()
        del loop
        gc.collect()
        # Nothing is left that would be woken for the dead loop.
        wait_until(lambda: db.stats().subscribers == 0)


def test_loops_without_add_reader_leave_no_threads(path: str) -> None:
    async def once(db: honker.Database) -> None:
        task = asyncio.create_task(db.update_events().__anext__())
        await asyncio.sleep(0)
        task.cancel()

    def threads() -> int:
        return sum(thread.name == "honker-hand-over" for thread in threading.enumerate())

    with honker.open(path) as db:
        for _ in range(20):
            loop = NoReaders()
            loop.run_until_complete(once(db))
            loop.close()
        del loop
        gc.collect()
        wait_until(lambda: threads() == 0)


def test_without_an_event_loop_the_error_says_what_to_do(path: str) -> None:
    with honker.open(path) as db, pytest.raises(honker.Error, match="no asyncio event loop"):
        db.update_events().__anext__().send(None)


def test_two_tasks_on_one_subscription_each_wake_once_or_are_refused(path: str) -> None:
    async def main() -> None:
        with honker.open(path) as db:
            events = db.update_events()
            first = asyncio.create_task(events.__anext__())
            await asyncio.sleep(0)
            with pytest.raises(honker.Error, match="already waiting"):
                await events.__anext__()
            db.close()
            with pytest.raises(StopAsyncIteration):
                await first

    run(main(), asyncio.SelectorEventLoop)


def test_death_is_raised_in_the_task(path: str, writer: Writer, backend: honker.Backend) -> None:
    async def main() -> None:
        with honker.open(path, backend) as db:
            events = db.update_events()
            replace(path, writer)
            with pytest.raises(honker.WatcherDied) as died:
                async for _ in events:
                    pass
            assert str(died.value) == (
                "honker: update watcher died (database file likely replaced; "
                "recreate honker.open() to recover)"
            )
            assert "database file replaced: expected (dev=" in died.value.reason

    run(main(), asyncio.SelectorEventLoop)


def test_following_goes_on_with_the_new_file(
    path: str, writer: Writer, backend: honker.Backend
) -> None:
    async def main() -> list[str]:
        kinds: list[str] = []
        with honker.open(path, backend, on_replace="follow") as db:
            events = db.update_events()
            replace(path, writer)
            async for update in events:
                kinds.append(update.kind)
                if update.kind == "commit":
                    break
                loop = asyncio.get_running_loop()
                with Writer(path) as other:
                    await loop.run_in_executor(None, other.sql, "INSERT INTO t VALUES (1)")
        return kinds

    assert run(main(), asyncio.SelectorEventLoop) == ["replaced", "commit"]


@pytest.mark.skipif(WINDOWS, reason="there is no /proc")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.Runner is new in 3.11")
def test_loops_that_come_and_go_leave_no_descriptors(path: str) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    async def once(db: honker.Database) -> None:
        task = asyncio.create_task(db.update_events().__anext__())
        await asyncio.sleep(0)
        task.cancel()

    with honker.open(path) as db:
        asyncio.run(once(db))
        gc.collect()
        before = descriptors()
        for _ in range(50):
            asyncio.run(once(db))
        gc.collect()
        assert descriptors() <= before
