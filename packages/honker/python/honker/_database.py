"""Opening a database."""

from __future__ import annotations

import logging
import os
from types import TracebackType
from typing import Literal

from honker import _honker
from honker._events import UpdateEvents

#: Where wakes come from; see `open`.
Backend = Literal["polling", "kernel", "shm", "auto"]
#: What to do when the file is replaced; see `open`.
OnReplace = Literal["die", "follow"]


def open(  # noqa: A001 - the specification's name
    path: str | os.PathLike[str],
    watcher_backend: Backend | None = None,
    *,
    poll_interval: float = 0.001,
    must_exist: bool = False,
    on_replace: OnReplace = "die",
) -> Database:
    """Watches a SQLite database.

    Returns once the starting state is recorded: a commit before that never wakes, one after it always does.
    Nothing is ever created or changed. A missing file is watched until its first commit.

    Args:
        path: The database file. Its directory has to exist.
        watcher_backend: ``"polling"`` (the default) looks each `poll_interval`; ``"kernel"`` is woken by
            the operating system's file events; ``"shm"`` is for WAL databases under load; ``"auto"`` is
            ``"kernel"`` where that works, else ``"polling"``.
        poll_interval: How often polling looks, in seconds: from 0.0001 to 60.
        must_exist: Whether a missing file is an error.
        on_replace: What to do when the file is replaced: ``"die"`` raises `WatcherDied` where
            subscribers wait; ``"follow"`` wakes them once, with the kind ``"replaced"``, and watches the
            new file.

    Raises:
        FileNotFoundError: The file (with `must_exist`) or its directory is missing.
        IsADirectoryError, PermissionError, OSError: As `open` itself would.
        ValueError: A path that names no file (``":memory:"``, a URI), an unknown name, a number out of range.
        Error: What the path leads to is no database, or the backend cannot work here.
    """
    return Database(
        path,
        watcher_backend,
        poll_interval=poll_interval,
        must_exist=must_exist,
        on_replace=on_replace,
    )


def _name(given: object) -> str:
    """What is no text is no name either: the message lists those there are."""
    return given if isinstance(given, str) else repr(given)


class Database:
    """A watched database, from `honker.open`. It holds no connection.

    It is a context manager that closes itself. One that nobody closes ends with the last reference to it and to its
    subscriptions.
    """

    __slots__ = ("__weakref__", "_watcher")

    def __init__(
        self,
        path: str | os.PathLike[str],
        watcher_backend: Backend | None = None,
        *,
        poll_interval: float = 0.001,
        must_exist: bool = False,
        on_replace: OnReplace = "die",
    ) -> None:
        """See `honker.open`."""
        # What the logger "honker" would not tell anybody need not be said.
        _honker.set_log_level(max(logging.getLogger("honker").getEffectiveLevel(), 0))
        backend = "polling" if watcher_backend is None else watcher_backend
        self._watcher = _honker.Watcher(
            path,
            _name(backend),
            poll_interval,
            must_exist,
            _name(on_replace),
        )

    def update_events(
        self,
        *,
        since: str | None = None,
        min_interval: float | None = None,
        idle_poll_s: float | None = None,
    ) -> UpdateEvents:
        """Subscribes. Subscribe first and then read what you depend on: so nothing is lost.

        Args:
            since: A position from `position()`, perhaps of an earlier run: the first wake comes at once
                if anything may have been committed after it, and not if provably nothing was.
            min_interval: The least time between two wakes, in seconds. What is committed meanwhile is one
                wake when it is over.
            idle_poll_s: A wake of the kind ``"idle"`` comes when there was none for so many seconds.

        Raises:
            ClosedError: The database was closed.
            WatcherDied: The watcher has died; its `reason` says why.
        """
        return UpdateEvents(self.path, self._watcher.subscribe(since, min_interval, idle_poll_s))

    def position(self) -> str:
        """What has been seen up to now: one word, to keep and to subscribe from later.

        Take it before you read: the two together miss nothing.

        Raises:
            ClosedError: The database was closed.
            WatcherDied: The watcher has died; its `reason` says why.
        """
        return self._watcher.position()

    def close(self) -> None:
        """Ends every subscription: their iterations end, also where somebody waits. The second time it does nothing."""
        self._watcher.close()

    @property
    def closed(self) -> bool:
        """Whether `close()` was called."""
        return self._watcher.closed

    @property
    def path(self) -> str:
        """The database's path, absolute."""
        return self._watcher.path

    @property
    def backend(self) -> str:
        """The backend that runs, which ``"auto"`` and a fall-back decide."""
        return self._watcher.backend

    def stats(self) -> _honker.Stats:
        """What has been done so far."""
        return self._watcher.stats()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else self.backend
        return f"<honker.Database {self.path!r} {state}>"
