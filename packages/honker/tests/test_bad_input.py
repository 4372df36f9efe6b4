"""Bad input: the error that Python people expect, and what to do next. Nothing is created."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import honker
import pytest
from conftest import WINDOWS
from writer import Writer

WHERE_POSIX_IS = pytest.mark.skipif(
    WINDOWS, reason="Windows says it otherwise, and Wine not at all"
)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ("", ValueError, "empty"),
        (":memory:", ValueError, "private to one connection"),
        ("file:app.db?mode=ro", ValueError, "is a URI"),
        ("a\0b", ValueError, "(?i)nul"),
        ("/no/such/directory/app.db", FileNotFoundError, "no such directory"),
        ("/", IsADirectoryError, "is a directory"),
        (tempfile.gettempdir(), IsADirectoryError, "is a directory"),
        pytest.param(os.devnull, honker.Error, "a device", marks=WHERE_POSIX_IS),
        pytest.param("/tmp/" + "x" * 300, OSError, "too long", marks=WHERE_POSIX_IS),
        (None, TypeError, "(?i)path"),
        (42, TypeError, "(?i)path"),
        (b"app.db", TypeError, "(?i)str"),
    ],
)
def test_a_path_that_names_no_database(given: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        honker.open(given)


def test_a_file_is_no_directory(path: str) -> None:
    Path(path).touch()
    with pytest.raises(FileNotFoundError) as missing:
        honker.open(os.path.join(path, "app.db"))
    assert missing.value.errno == 2


def test_a_missing_file_is_watched_unless_it_must_exist(path: str) -> None:
    honker.open(path).close()
    with pytest.raises(FileNotFoundError, match="no such file") as missing:
        honker.open(path, must_exist=True)
    assert missing.value.filename == path
    assert missing.value.errno == 2
    assert not os.path.exists(path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("a long text that is no database\n" * 10)
    with pytest.raises(honker.Error, match="not a SQLite database"):
        honker.open(other)


def test_paths_are_str_or_path_like(
    path: str, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if WINDOWS:
        # There is no way from one drive to another.
        monkeypatch.chdir(os.path.dirname(path))
    for given in (path, Path(path), os.path.relpath(path)):
        with honker.open(given) as db:
            assert os.path.isabs(db.path)
            assert os.path.samefile(db.path, path)


@pytest.mark.parametrize("name", ["inotify", "", "Kernel", "data-version", 42, b"kernel", True])
def test_an_unknown_backend_lists_the_valid_names(path: str, name: Any) -> None:
    with pytest.raises(ValueError, match="Valid names: polling, kernel, shm, auto"):
        honker.open(path, name)


def test_the_backends_may_be_named_by_keyword_or_left_out(path: str) -> None:
    assert honker.open(path).backend == "polling"
    assert honker.open(path, None).backend == "polling"
    assert honker.open(path, watcher_backend="kernel").backend == "kernel"


def test_shm_wants_wal_at_once(path: str, writer: Writer) -> None:
    with pytest.raises(honker.Error, match="only WAL mode"):
        honker.open(path, "shm")


@pytest.mark.parametrize("seconds", [-1, float("nan"), -float("inf")])
def test_a_time_that_is_none(path: str, seconds: float) -> None:
    with pytest.raises(ValueError, match="poll_interval"):
        honker.open(path, poll_interval=seconds)
    with honker.open(path) as db:
        with pytest.raises(ValueError, match="min_interval"):
            db.update_events(min_interval=seconds)
        with pytest.raises(ValueError, match="idle_poll"):
            db.update_events(idle_poll_s=seconds)
        with pytest.raises(ValueError, match="timeout"):
            db.update_events().wait(seconds)


@pytest.mark.parametrize("seconds", [60.1, 1e300, float("inf")])
def test_a_poll_interval_that_hears_of_nothing(path: str, seconds: float) -> None:
    with pytest.raises(ValueError, match="between 100µs and 60s"):
        honker.open(path, poll_interval=seconds)


def test_a_time_beyond_the_end_of_time_is_as_long_as_there_is(path: str) -> None:
    with honker.open(path) as db:
        for forever in (1e300, float("inf")):
            events = db.update_events(min_interval=forever, idle_poll_s=forever)
            threading.Timer(0.01, events.close).start()
            with pytest.raises(honker.ClosedError):
                events.wait(forever)


def test_zero_where_it_would_burn_a_core(path: str) -> None:
    with pytest.raises(ValueError, match="poll_interval"):
        honker.open(path, poll_interval=0)
    with honker.open(path) as db, pytest.raises(ValueError, match="idle_poll"):
        db.update_events(idle_poll_s=0)


@pytest.mark.parametrize("seconds", ["1", [], object()])
def test_a_time_of_another_type(path: str, seconds: Any) -> None:
    with pytest.raises(TypeError):
        honker.open(path, poll_interval=seconds)
    with honker.open(path) as db, pytest.raises(TypeError):
        db.update_events().wait(seconds)


def test_settings_are_given_by_name(path: str) -> None:
    with pytest.raises(TypeError):
        honker.open(path, "polling", 0.1)  # type: ignore[misc]
    with honker.open(path) as db, pytest.raises(TypeError):
        db.update_events("token")  # type: ignore[misc]


@pytest.mark.parametrize("since", ["", "yesterday", "honker1.rollback.1.2.3.00000000"])
def test_a_text_that_is_no_position(path: str, since: str) -> None:
    with honker.open(path) as db, pytest.raises(ValueError, match="is no position"):
        db.update_events(since=since)


def test_an_unknown_way_to_treat_replacements(path: str) -> None:
    with pytest.raises(ValueError, match="Valid names: die, follow"):
        honker.open(path, on_replace="ignore")  # type: ignore[arg-type]


def test_use_after_close_and_closing_twice(path: str) -> None:
    db = honker.open(path)
    events = db.update_events()
    assert not db.closed
    db.close()
    db.close()
    assert db.closed
    assert "closed" in repr(db)
    for use in (db.update_events, db.position, lambda: events.wait(0)):
        with pytest.raises(honker.ClosedError, match="watcher of .* is closed"):
            use()
    assert list(events) == []
    assert db.stats().wakes == 0
    events.close()
    events.close()


def test_a_closed_subscription_says_that_it_alone_is_closed(path: str) -> None:
    with honker.open(path) as db:
        events = db.update_events()
        assert not events.closed and "open" in repr(events)
        events.close()
        assert events.closed and "closed" in repr(events)
        with pytest.raises(honker.ClosedError, match="this subscription .* Subscribe again"):
            events.wait(0)
        assert db.update_events().wait(0) is None


@pytest.mark.skipif(
    WINDOWS or os.geteuid() != 0, reason="only root can become somebody who may not look"
)
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "private" / "app.db"
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    tmp_path.chmod(0o755)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgid(65534)
            os.setuid(65534)
            try:
                honker.open(path)
            except PermissionError as error:
                code = 0 if error.errno == 13 and error.filename == str(path) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
