"""Tasks that wait: one bell an event loop, whatever the number of subscriptions.

honker's delivery thread rings the bell, which makes a descriptor readable; the loop watches that. It takes no
GIL for it, so that a busy interpreter never holds up anybody else's wakes.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import weakref

from honker import _honker


# Of those who wait, in all loops: a subscription knows by it who does.
_numbers = itertools.count()


class LoopBell:
    """The waiting tasks of one event loop. The loop keeps it alive: it knows the loop only through them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._bell = _honker.Bell()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        try:
            loop.add_reader(self._bell.fileno(), self._rung)
        except NotImplementedError:
            self._hand_over(loop)

    async def next_update(self, subscription: _honker.Subscription) -> _honker.Update:
        """Waits for `subscription`. A task that is cancelled leaves nothing behind."""
        number = next(_numbers)
        while True:
            update = subscription.poll(self._bell, number)
            if update is not None:
                return update
            future = asyncio.get_running_loop().create_future()
            self._waiting[number] = future
            try:
                await future
            except BaseException:
                subscription.cancel_poll(number)
                raise
            finally:
                del self._waiting[number]

    def _rung(self) -> None:
        self._wake(self._bell.drain())

    def _wake(self, numbers: list[int]) -> None:
        for number in numbers:
            future = self._waiting.get(number)
            if future is not None and not future.done():
                future.set_result(None)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """For loops that watch no descriptors: one thread waits for the bell, and calls the loop."""
        # The thread sees the loop's end.
        weak_loop = weakref.ref(loop, lambda _: self._bell.sound())

        def run() -> None:
            while True:
                self._bell.wait()
                numbers = self._bell.drain()
                loop = weak_loop()
                if loop is None:
                    return
                try:
                    loop.call_soon_threadsafe(self._wake, numbers)
                except RuntimeError:  # it is closed
                    return
                del loop

        threading.Thread(target=run, name="honker-hand-over", daemon=True).start()


class _Bells(threading.local):
    """Of each thread its own: a child made by fork must find no lock that somebody holds in the parent."""

    def __init__(self) -> None:
        self.of: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[LoopBell]] = (
            weakref.WeakKeyDictionary()
        )


_bells = _Bells()


def _bell_of(loop: asyncio.AbstractEventLoop) -> LoopBell:
    known = _bells.of.get(loop)
    bell = None if known is None else known()
    if bell is None:
        bell = LoopBell(loop)
        _bells.of[loop] = weakref.ref(bell)
    return bell


async def next_update(subscription: _honker.Subscription) -> _honker.Update:
    """Waits for `subscription` on the running loop."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise _honker.Error(
            "no asyncio event loop runs here. honker's `async for` needs one; under trio call wait() in a thread: "
            "await trio.to_thread.run_sync(events.wait)"
        ) from None
    return await _bell_of(loop).next_update(subscription)
