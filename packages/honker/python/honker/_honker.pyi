"""The native half: honker's core, without the GIL wherever it waits."""

import os
from typing import Literal, final

__all__ = [
    "VERSION",
    "Bell",
    "ClosedError",
    "Error",
    "Stats",
    "Subscription",
    "Update",
    "Watcher",
    "WatcherDied",
    "end_log",
    "run_command",
    "set_log_level",
    "unpickled_update",
]

VERSION: str

class Error(Exception):
    """What honker cannot do, and what to do about it. Its message says both."""

class ClosedError(Error):
    """The Database, or the subscription, is closed."""

class WatcherDied(RuntimeError):
    """The watcher of a database has died, most likely because its file was replaced."""

    reason: str
    """Why it died."""

@final
class Update:
    """One wake: everything that was committed since the previous one."""

    @property
    def seq(self) -> int:
        """The number of this wake, counted per database from 1. A subscriber that was slow sees gaps."""

    @property
    def commits(self) -> int:
        """How many commits it stands for, by SQLite's own count."""

    @property
    def exact(self) -> bool:
        """Whether `commits` is exact. If not it is a lower bound."""

    @property
    def kind(self) -> Literal["commit", "replaced", "idle"]:
        """What happened."""

    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Stats:
    """What a watcher has done since it was opened. Counters only grow."""

    @property
    def requested(self) -> str:
        """The backend that was asked for."""

    @property
    def effective(self) -> str:
        """The backend that runs."""

    @property
    def fallback(self) -> str | None:
        """Why `effective` differs from `requested`, if it does."""

    @property
    def caution(self) -> str | None:
        """What to know of the place, such as a network file system."""

    @property
    def looks(self) -> int:
        """Looks at the database."""

    @property
    def busy_looks(self) -> int:
        """Looks that found a commit under way."""

    @property
    def wakes(self) -> int:
        """Wakes made."""

    @property
    def commits(self) -> int:
        """Commits in those wakes."""

    @property
    def replacements(self) -> int:
        """Replacements of the file that were followed."""

    @property
    def conservative(self) -> dict[str, int]:
        """Wakes that were not exact, by reason."""

    @property
    def hints(self) -> int:
        """File events of the operating system (kernel only)."""

    @property
    def sweeps(self) -> int:
        """Looks made because nothing had pointed here for a while (kernel only)."""

    @property
    def sweeps_found(self) -> int:
        """Sweeps that found a commit: the operating system lost an event."""

    @property
    def overflows(self) -> int:
        """Times the operating system's event queue overflowed."""

    @property
    def storms(self) -> int:
        """Times a saturated writer made the watcher look each millisecond instead."""

    @property
    def achieved_period(self) -> float | None:
        """The mean time between looks, in seconds."""

    @property
    def private_descriptor_table(self) -> bool:
        """Whether the observer thread owns its descriptors."""

    @property
    def subscribers(self) -> int:
        """Live subscriptions."""

    @property
    def last_error(self) -> str | None:
        """The last error seen, also one that passed."""

@final
class Bell:
    """A descriptor that becomes readable when one of several subscriptions has news."""

    def __new__(cls) -> Bell: ...
    def fileno(self) -> int:
        """The descriptor that becomes readable."""

    def drain(self) -> list[int]:
        """The numbers of those who have news."""

    def sound(self) -> None:
        """Makes the descriptor readable."""

    def wait(self) -> None:
        """Blocks until it is readable. Not on the main thread."""

@final
class Subscription:
    """A subscription, as `honker.UpdateEvents` has one."""

    def wait(self, timeout: float | None) -> Update | None:
        """Waits, on any thread but the main one."""

    def wait_on_the_main_thread(self, timeout: float | None) -> Update | None:
        """Waits on the main thread, and runs Python's signal handlers meanwhile."""

    def poll(self, bell: Bell, number: int) -> Update | None:
        """Takes what is there, or has `bell` rung with `number` when there is something."""

    def cancel_poll(self, number: int) -> None:
        """Takes the last `poll` of this number back."""

    def close(self) -> None:
        """Ends it, whoever waits."""

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""

@final
class Watcher:
    """A watcher, as `honker.Database` has one."""

    def __new__(
        cls,
        path: str | os.PathLike[str],
        backend: str,
        poll_interval: float,
        must_exist: bool,
        on_replace: str,
    ) -> Watcher: ...
    def subscribe(
        self, since: str | None, min_interval: float | None, idle_poll: float | None
    ) -> Subscription: ...
    def position(self) -> str: ...
    def close(self) -> None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def backend(self) -> str: ...
    @property
    def path(self) -> str: ...
    def stats(self) -> Stats: ...

def run_command(words: list[str]) -> int:
    """Runs the `honker` command; the first word is the program's name. The exit code."""

def unpickled_update(
    seq: int, commits: int, exact: bool, kind: Literal["commit", "replaced", "idle"]
) -> Update:
    """What it was pickled as."""

def end_log() -> None:
    """Tells `logging` what is left, and lets nothing more come."""

def set_log_level(level: int) -> None:
    """Has honker say what `logging` wants to hear: nothing below `level`."""
