"""Python's `logging` hears what honker has to say."""

from __future__ import annotations

import logging

import honker
import pytest
from conftest import replace, wait_until
from writer import Writer


def test_a_death_is_an_error_in_the_log(
    path: str, writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="honker"), honker.open(path) as db:
        replace(path, writer)
        wait_until(lambda: db.stats().last_error is not None)
        wait_until(lambda: any(record.levelname == "ERROR" for record in caplog.records))
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.name == "honker"
    assert "database file replaced" in record.getMessage()


def test_levels_are_pythons(path: str, writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.CRITICAL, logger="honker"),
        honker.open(path, on_replace="follow") as db,
    ):
        replace(path, writer)
        wait_until(lambda: db.stats().replacements == 1)
    with (
        caplog.at_level(logging.INFO, logger="honker"),
        honker.open(path, on_replace="follow") as db,
    ):
        replace(path, writer)
        wait_until(lambda: any("following" in record.getMessage() for record in caplog.records))
    assert sum("following" in record.getMessage() for record in caplog.records) == 1
