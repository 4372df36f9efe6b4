"""Waiting for commits: by a thread or by a task."""

from __future__ import annotations

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

    __slots__ = ("__weakref__", "_path", "_subscription")

    def __init__(self, path: str, subscription: _honker.Subscription) -> None:
        """Made by `Database.update_events`."""
        self._path = path
        self._subscription = subscription

    def wait(self, timeout: float | None = None) -> _honker.Update | None:
        """Waits for commits, without the GIL. ``None`` when `timeout` seconds are over. Ctrl-C ends it.

        In a task use ``async for``: this blocks the whole event loop.

        Raises:
            WatcherDied: The watcher has died; its `reason` says why.
            ClosedError: The subscription or its database was closed.
            Error: Another thread or task already waits for this subscription.
        """
        if threading.current_thread() is threading.main_thread():
            return self._subscription.wait_on_the_main_thread(timeout)
        return self._subscription.wait(timeout)

    def close(self) -> None:
        """Ends this subscription, also where somebody waits for it. The second time it does nothing."""
        self._subscription.close()

    @property
    def closed(self) -> bool:
        """Whether `close()` was called. Closing the database, or its death, ends a subscription without that."""
        return self._subscription.closed

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<honker.UpdateEvents of {self._path!r} {state}>"

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
