"""What type checkers and editors see is what there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import honker
import pytest

PACKAGE = Path(__file__).parent.parent
CHECKS = {
    "mypy": ["mypy", "--strict", "python", "recipes", "bench", "tests"],
    "stubtest": ["mypy.stubtest", "honker._honker"],
    "pyright": ["pyright", "--pythonpath", sys.executable, "python", "recipes", "bench"],
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
}


@pytest.mark.parametrize("check", list(CHECKS))
def test_the_package_passes(check: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *CHECKS[check]], cwd=PACKAGE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_public_is_documented() -> None:
    assert honker.__doc__
    for name in honker.__all__:
        value = getattr(honker, name)
        if name in ("__version__", "Backend", "OnReplace"):
            continue
        assert value.__doc__, name
        for member, attribute in vars(value).items():
            if not member.startswith("_"):
                assert attribute.__doc__, f"{name}.{member}"


def test_the_package_says_that_it_is_typed() -> None:
    assert honker.__file__ is not None
    assert Path(honker.__file__).with_name("py.typed").exists()
