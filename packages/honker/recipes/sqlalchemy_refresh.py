"""A cache of settings that is read again when, and only when, somebody has committed. With SQLAlchemy.

usage: python sqlalchemy_refresh.py DATABASE

The cache is marked stale by a thread that waits, and read again by whoever asks next: a burst of commits costs one
query, and no commit costs none. A restored file is followed.
"""

from __future__ import annotations

import sys
import threading

from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import honker


class Base(DeclarativeBase):
    pass


class Setting(Base):
    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Settings:
    """The settings as they are committed. Every process that changes them may do so in its own way."""

    def __init__(self, path: str) -> None:
        self._engine = create_engine(f"sqlite:///{path}")
        Base.metadata.create_all(self._engine)
        self._db = honker.open(path, "auto", on_replace="follow")
        self._stale = threading.Event()
        self._stale.set()
        self._died: honker.WatcherDied | None = None
        self._reading = threading.Lock()
        self._cache: dict[str, str] = {}
        self.queries = 0
        # Subscribed before the first read, so that no commit falls between the two.
        events = self._db.update_events()
        threading.Thread(target=self._watch, args=(events,), daemon=True).start()

    def _watch(self, events: honker.UpdateEvents) -> None:
        try:
            for update in events:
                if update.kind == "replaced":
                    # Its connections are to the old file.
                    self._engine.dispose()
                self._stale.set()
        except honker.WatcherDied as died:
            self._died = died

    def get(self, name: str) -> str | None:
        """The value, or None."""
        if self._died is not None:
            # Rather than a value of long ago.
            raise self._died
        with self._reading:
            if self._stale.is_set():
                self._read()
            return self._cache.get(name)

    def _read(self) -> None:
        # First, so that a commit during the query makes it stale again.
        self._stale.clear()
        try:
            with Session(self._engine) as session:
                self._cache = {each.name: each.value for each in session.scalars(select(Setting))}
        except BaseException:
            self._stale.set()
            raise
        self.queries += 1

    def close(self) -> None:
        """Ends the thread, too."""
        self._db.close()
        self._engine.dispose()


def main(path: str) -> None:
    settings = Settings(path)
    print("type the name of a setting:")
    for line in sys.stdin:
        print(settings.get(line.strip()), flush=True)
    print(f"{settings.queries} queries")
    settings.close()


if __name__ == "__main__":
    main(sys.argv[1])
