"""A build without a backend polls instead, and says so once, on standard error."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import honker
import pytest

BARE = Path(__file__).parents[3] / "target" / "python-bare" / "debug" / "lib_honker.so"
PROGRAM = """
import honker, sys
for _ in range(2):
    for name in ("kernel", "shm"):
        with honker.open(sys.argv[1], name) as db:
            print(db.backend, db.stats().requested, db.stats().fallback is not None)
"""


def test_a_backend_that_is_not_built_falls_back_to_polling_and_says_so_once(
    tmp_path: Path, path: str
) -> None:
    if not BARE.exists():
        pytest.fail(
            "build it first: cargo build -p honker-python --no-default-features --target-dir target/python-bare"
        )
    package = tmp_path / "honker"
    shutil.copytree(
        Path(honker.__file__ or "").parent, package, ignore=shutil.ignore_patterns("*.so")
    )
    shutil.copy(BARE, package / "_honker.abi3.so")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["polling kernel True", "polling shm True"] * 2
    said = done.stderr.splitlines()
    assert len(said) == 2, done.stderr
    assert "kernel-watcher" in said[0] and "polling instead" in said[0]
    assert "shm-fast-path" in said[1] and "polling instead" in said[1]
