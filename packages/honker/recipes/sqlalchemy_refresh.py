"""A cache of settings that is read again when, and only when, somebody has committed. With SQLAlchemy.

usage: python sqlalchemy_refresh.py DATABASE

The cache is marked stale by a thread that waits, and read again by whoever asks next: a burst of commits costs one
query, and no commit costs none.
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
        self._db = honker.open(path, "auto")
        self._stale = threading.Event()
        self._stale.set()
        self._cache: dict[str, str] = {}
        self.queries = 0
        # Subscribed before the first read, so that no commit falls between the two.
        events = self._db.update_events()
        threading.Thread(target=self._watch, args=(events,), daemon=True).start()

    def _watch(self, events: honker.UpdateEvents) -> None:
        for _ in events:
            self._stale.set()

    def get(self, name: str) -> str | None:
        """The value, or None."""
        if self._stale.is_set():
            # First, so that a commit during the query makes it stale again.
            self._stale.clear()
            with Session(self._engine) as session:
                self._cache = {each.name: each.value for each in session.scalars(select(Setting))}
            self.queries += 1
        return self._cache.get(name)

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
