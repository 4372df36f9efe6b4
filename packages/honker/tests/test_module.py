"""What is in the built module, and what is not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import honker
import pytest
from conftest import WINDOWS
from honker import _honker


def test_there_is_no_sqlite_in_it() -> None:
    module = Path(_honker.__file__ or "").read_bytes()
    assert b"PyInit__honker" in module, "the module was read"
    # Every SQLite has its C interface's names, or at least the texts of its errors.
    for sign in (
        b"sqlite3_open",
        b"sqlite3_step",
        b"database disk image is malformed",
        b"sqlite_master",
    ):
        assert sign not in module, sign


@pytest.mark.skipif(WINDOWS, reason="there a module's name does not say it")
def test_it_is_for_every_python_from_3_10_on() -> None:
    assert Path(_honker.__file__ or "").name.startswith("_honker.abi3.")


def test_the_licences_are_packed() -> None:
    try:
        installed = files("honker") or []
    except PackageNotFoundError:
        # Under Wine it is the bare module that is tested.
        assert WINDOWS, "honker is installed here"
        pytest.skip("honker was not installed from a wheel")
    packed = {file.name: file.read_text() for file in installed if "LICENSE" in file.name}
    for name in ("LICENSE-APACHE", "LICENSE-MIT"):
        assert packed[name] == (Path(__file__).parents[3] / name).read_text()


def test_the_version_is_the_crates() -> None:
    manifest = Path(__file__).parents[3] / "Cargo.toml"
    assert f'version = "{honker.__version__}"' in manifest.read_text()
