"""Waiting for commits: by a thread or by a task."""

from __future__ import annotations

import signal
import threading
from types import TracebackType

from honker import _honker
from honker._loop import next_update


class UpdateEvents:
    """A subscription, from `Database.update_events`. It sees every commit from then on.

    Wait with ``async for``, with ``for``, or with `wait`. There is no queue: what was committed while nobody
    waited is one `Update`. One thread or task waits at a time; others subscribe for themselves.

    Where the watcher dies, waiting raises `WatcherDied`. After `close()` iterations just end.
    """

    __slots__ = ("__weakref__", "_bell", "_subscription")

    def __init__(self, subscription: _honker.Subscription) -> None:
        """Made by `Database.update_events`."""
        self._subscription = subscription
        # Of the main thread, once it waits.
        self._bell: _honker.Bell | None = None

    def wait(self, timeout: float | None = None) -> _honker.Update | None:
        """Waits for commits, without the GIL. ``None`` when `timeout` seconds are over. Ctrl-C ends it.

        Raises:
            WatcherDied: The watcher has died; its `reason` says why.
            ClosedError: The subscription or its database was closed.
            Error: Another thread or task already waits for this subscription.
        """
        if threading.current_thread() is threading.main_thread():
            return self._wait_on_the_main_thread(timeout)
        return self._subscription.wait(timeout)

    def _wait_on_the_main_thread(self, timeout: float | None) -> _honker.Update | None:
        if self._bell is None:
            self._bell = _honker.Bell()
        # Python runs signal handlers on this thread only, wherever the signal arrives.
        before = signal.set_wakeup_fd(self._bell.ringing_fileno(), warn_on_full_buffer=False)
        try:
            return self._subscription.wait_on(self._bell, timeout)
        finally:
            signal.set_wakeup_fd(before)

    def close(self) -> None:
        """Ends this subscription, also where somebody waits for it. The second time it does nothing."""
        self._subscription.close()

    def __iter__(self) -> UpdateEvents:
        return self

    def __next__(self) -> _honker.Update:
        while True:
            try:
                update = self.wait()
            except _honker.ClosedError:
                raise StopIteration from None
            if update is not None:
                return update

    def __aiter__(self) -> UpdateEvents:
        return self

    async def __anext__(self) -> _honker.Update:
        try:
            return await next_update(self._subscription)
        except _honker.ClosedError:
            raise StopAsyncIteration from None

    def __enter__(self) -> UpdateEvents:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> UpdateEvents:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
